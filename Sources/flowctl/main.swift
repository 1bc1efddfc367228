import Glibc

exit(Flowctl.run(Array(CommandLine.arguments.dropFirst())))
