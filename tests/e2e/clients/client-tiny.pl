#!/usr/bin/perl
# One kept-alive session of Perl's HTTP::Tiny; see client.py for what is printed.
use strict;
use warnings;

BEGIN {
    eval { require HTTP::Tiny; require IO::Socket::SSL; 1 } or exit 77;
}

my ($ca, @rest) = @ARGV;
my $agent = HTTP::Tiny->new(
    verify_SSL  => 1,
    timeout     => 60,
    SSL_options => { SSL_ca_file => $ca },
);
binmode STDOUT;
$| = 1;
while (my ($method, $url, $file) = splice @rest, 0, 3) {
    my %more;
    if ($file ne '-') {
        open my $in, '<:raw', $file or die "$file: $!";
        local $/;
        $more{content} = <$in>;
        $more{headers} = { 'content-type' => 'application/json' };
    }
    my $answer = $agent->request($method, $url, \%more);
    die $answer->{content} if $answer->{status} == 599;
    my $retry = $answer->{headers}{'x-should-retry'} // '';
    print $answer->{content}, "\nSTATUS $answer->{status} retry=$retry\n";
}
