# lock-tool.pl hold FILE READY | test FILE: POSIX record locks, as dpkg, apt and rpm take them.
use strict;
use Fcntl;
my ($verb, $file, $ready) = @ARGV;
open(my $handle, '+>>', $file) or die "$file: $!";
my $lock = pack('s s x4 l! l! i x4', F_WRLCK, 0, 0, 0, 0);
if ($verb eq 'hold') {
  fcntl($handle, F_SETLK, $lock) or die "$file: $!";
  open(my $mark, '>', $ready) or die "$ready: $!";
  close($mark);
  sleep 600;
}
exit(fcntl($handle, F_SETLK, $lock) ? 1 : 0);
