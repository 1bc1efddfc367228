import Glibc

exit(Flowbench.run(Array(CommandLine.arguments.dropFirst())))
