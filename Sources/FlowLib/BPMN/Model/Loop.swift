package indirect enum LoopCharacteristics: Sendable {
  case standard(StandardLoop)
  case multiInstance(MultiInstance)
}

package struct StandardLoop: Sendable, Equatable {
  package var testBefore = false
  /// nil without `loopMaximum`; negative when that is no number, which is a finding.
  package var maximum: Int?
  package var condition: Expression?
  package var line = 0
  package init() {}
}

package struct MultiInstance: Sendable {
  /// Which completions of inner instances throw an event.
  package enum Behavior: String, Sendable, CaseIterable { case none = "None", one = "One", all = "All", complex = "Complex" }

  /// `complexBehaviorDefinition`: throws the event when the condition holds as an instance completes.
  package struct ComplexBehavior: Sendable {
    package var condition: Expression?
    /// An `implicitThrowEvent`.
    package var event: FlowNode?
    package var line = 0
    package init() {}
  }

  package var isSequential = false
  package var cardinality: Expression?
  package var completionCondition: Expression?
  package var behavior = Behavior.all
  /// Thrown after each instance where `behavior` is `none`; id of an event definition at the top of the file.
  package var noneBehaviorEventRef: String?
  /// Thrown after the first instance where `behavior` is `one`; id of an event definition at the top of the file.
  package var oneBehaviorEventRef: String?
  package var complexBehaviors: [ComplexBehavior] = []
  /// Id of the data input or data object that holds the collection.
  package var loopDataInputRef: String?
  package var loopDataOutputRef: String?
  /// What the activity knows one item as.
  package var inputDataItem: DataItem?
  package var outputDataItem: DataItem?
  /// `zeebe:loopCharacteristics`.
  package var zeebe: ZeebeLoop?
  package var camunda: CamundaLoop?
  /// The rest, as read.
  package var others: [Element] = []
  package var line = 0
  package init() {}
}
