import FlowCommandLine

enum HelpTopics {
  static let all = [exitCodes, config, output, elements]

  private static let exitCodes = HelpTopic(
    "exit-codes", "What exit codes mean",
    body: """
      0    done
      1    negative outcome: an instance ended with an error, a file is not valid,
           a task is DOWN, a test failed; also flowctl without a verb
      2    wrong usage of flowctl
      3    not found
      4    not allowed, or not signed in
      5    conflict, or not possible in this state
      6    time-out while waiting
      7    flowd or healthd can not be reached
      8    flowd is busy, stops, takes no new work, or none leads; try again later
      9    invalid document
      130  interrupted
      255  what apply, delete, probe, ps, run, start, stop and update say when flowd
           refused the whole request or can not be reached

      With several files or ids the first failure decides.

      """)

  private static let config = HelpTopic(
    "config", "The config file and contexts",
    body: """
      Settings come from the command line, else from the environment, else from the
      config file, else they have a default. `flowctl ps --print-config` shows each
      value with its origin.

      The file is the one that --config or FLOWCTL_CONFIG names, else
      $XDG_CONFIG_HOME/flowctl/config.toml, else ~/.config/flowctl/config.toml.
      Its keys are the long names of flowctl's options:

        request-timeout = 10s
        context = "test"          # the section that is used by default

        [test]
        flowd-host = "flow.test"
        tls = true
        ca = "/etc/flow/ca.pem"

        [record]
        flowd-host = "a.test:9001,b.test:9001,c.test:9001"

      `--context NAME` or FLOWCTL_CONTEXT picks another section; its keys go before
      the keys above all sections.

      Several flowd that share a store are named by commas, in --flowd-host,
      FLOWD_HOST or a section. flowctl finds the one that leads, and waits up to 12 s
      while one takes over from another. With one address there is no waiting; when
      it is a standby's, flowctl goes to the one that it names. A call that may have
      been carried out is never made twice, unless that changes nothing.

      """)

  private static let output = HelpTopic(
    "output", "Where output goes and in what form",
    body: """
      Data goes to stdout, everything else to stderr. Without -o stdout holds tables
      when it is a terminal, and nothing when it is a pipe or a file (as the original
      did); -o asks for data there too.

        -o, -o json   the reply's data as JSON
        -o yaml       the same as YAML
        -o name       only ids, one a line
        -o table      the table of a terminal, never cut, with colours only when they
                      are asked for (--color always, CLICOLOR_FORCE)

      `-o` takes the next word only when it is one of these four.

      """)

  private static let elements = HelpTopic(
    "elements", "Which BPMN elements run",
    body: """
      Runs:
        tasks: service (`rexflow:` annotation, camunda:connectorId, or a job for
          workers: zeebe:taskDefinition), user, receive, script in FEEL, task,
          manual task; call activity
        start, intermediate, boundary and end events: none, timer, message, signal,
          error, escalation, conditional, link, compensation, cancel, terminate
        exclusive, parallel, inclusive, complex and event-based gateways, implicit
          fork, conditional flows out of activities
        embedded and event subprocesses, transactions, ad-hoc subprocesses
        multi-instance and standard loops with behaviour events, start and
          completion quantities; data associations, zeebe:ioMapping

      Is read, and refused:
        listeners of processes, joins and user tasks, Kafka topics, asynchronous
          services, choreographies

      `flowctl validate FILE` tells each with its line and what to try.

      """)
}
