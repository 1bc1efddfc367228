import Glibc

exit(Flowsim.run(Array(CommandLine.arguments.dropFirst())))
