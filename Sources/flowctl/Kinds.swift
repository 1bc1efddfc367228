import FlowCommandLine
import FlowRPC

extension Context {
  /// What `-k`, `-d` and `-i` say the ids are; the original's default is instances.
  var kind: FlowProto.RequestKind {
    if settings.flag("deployment") || settings.text("kind").uppercased() == "DEPLOYMENT" { return .deployment }
    return .instance
  }

  var idKind: IDs.Kind { kind == .deployment ? .deployments : .instances }
}
