import Glibc

exit(Flowd.run(Array(CommandLine.arguments.dropFirst())))
