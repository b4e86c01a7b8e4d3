#!/usr/bin/perl
# One kept-alive session of Perl's LWP; see client.py for what is printed.
use strict;
use warnings;

BEGIN {
    eval { require LWP::UserAgent; require LWP::Protocol::https; 1 } or exit 77;
}
use HTTP::Request;

my ($ca, @rest) = @ARGV;
my $agent = LWP::UserAgent->new(
    keep_alive => 1,
    timeout    => 60,
    ssl_opts   => { SSL_ca_file => $ca, verify_hostname => 1 },
);
binmode STDOUT;
$| = 1;
while (my ($method, $url, $file) = splice @rest, 0, 3) {
    my $request = HTTP::Request->new($method, $url);
    if ($file ne '-') {
        open my $in, '<:raw', $file or die "$file: $!";
        local $/;
        $request->content(scalar <$in>);
        $request->header('Content-Type' => 'application/json');
    }
    my $answer = $agent->request($request);
    my $retry = $answer->header('x-should-retry') // '';
    my $code = $answer->code;
    die $answer->message . "\n"
        if ($answer->header('Client-Warning') // '') eq 'Internal response';
    print $answer->content, "\nSTATUS $code retry=$retry\n";
}
