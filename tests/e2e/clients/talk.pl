# A WebSocket client: talk.pl CA URL FILE, as talk.py, by Mojolicious.
use strict;
use warnings;
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json);
use Mojo::UserAgent;
use Mojo::Util qw(decode encode);

binmode STDOUT, ':utf8';
my ($ca, $url, $file) = @ARGV;
open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
chomp(my @lines = <$in>);

my $ua = Mojo::UserAgent->new(ca => $ca, inactivity_timeout => 20);

# As far as the next event that is waited for.
sub say_on {
    my $tx = shift;
    $tx->send({text => encode('UTF-8', shift @lines)})
        while @lines && $lines[0] !~ /^\?/;
    $tx->finish(1000) unless @lines;
}

$ua->websocket($url => sub {
    my (undef, $tx) = @_;
    die 'no WebSocket' unless $tx->is_websocket;
    $tx->on(finish => sub {
        my (undef, $code, $reason) = @_;
        print "CLOSED $code " . ($reason // '') . "\n";
        Mojo::IOLoop->stop;
    });
    $tx->on(text => sub {
        my (undef, $bytes) = @_;
        print decode('UTF-8', $bytes), "\n";
        return unless @lines;
        return unless $lines[0] eq '?' . decode_json($bytes)->{type};
        shift @lines;
        say_on($tx);
    });
    say_on($tx);
});
Mojo::IOLoop->start;
