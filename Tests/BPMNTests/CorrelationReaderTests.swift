import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct CorrelationReaderTests {
  private static let root = """
    <bpmn:message id="m"/>
    <bpmn:correlationProperty id="cp" name="order" type="bpmn:string"><bpmn:correlationPropertyRetrievalExpression messageRef="m"><bpmn:messagePath>body.order</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>
    <bpmn:collaboration id="c"><bpmn:correlationKey id="k1"><bpmn:correlationPropertyRef>cp</bpmn:correlationPropertyRef></bpmn:correlationKey>
    <bpmn:subConversation id="sub"><bpmn:participantRef>x</bpmn:participantRef><bpmn:conversation id="inner"><bpmn:correlationKey id="k2"/></bpmn:conversation></bpmn:subConversation></bpmn:collaboration>
    """
  private static let subscription =
    "<bpmn:correlationSubscription id='s' correlationKeyRef='k1'><bpmn:correlationPropertyBinding correlationPropertyRef='cp'><bpmn:dataPath>order.id</bpmn:dataPath></bpmn:correlationPropertyBinding></bpmn:correlationSubscription>"

  @Test("properties, keys and subscriptions come out typed, keys at any depth")
  func typed() throws {
    let definitions = try #require(readDefinitions(model(Self.subscription, root: Self.root)).definitions)

    #expect(definitions.correlationProperty("cp")?.path(of: "m")?.text == "body.order")
    #expect(definitions.correlationProperty("cp")?.path(of: "other") == nil)
    #expect(definitions.correlationProperty("cp")?.typeRef == "string")
    #expect(definitions.correlationKeys.map(\.id) == ["k1", "k2"])
    #expect(definitions.correlationKeys[0].propertyRefs == ["cp"])
    #expect(definitions.collaborations[0].conversations[0].participantRefs == ["x"])
    let subscription = try #require(definitions.processes[0].content.correlationSubscriptions.first)
    #expect(subscription.keyRef == "k1")
    #expect(subscription.bindings.map(\.propertyRef) == ["cp"])
    #expect(subscription.bindings.map(\.path.text) == ["order.id"])
  }

  @Test("another retrieval expression is another deployment")
  func digest() throws {
    func digest(_ path: String) throws -> String {
      try readDefinitions(model(Self.subscription, root: Self.root.replacing("body.order", with: path))).process.digest
    }

    #expect(try digest("a") == digest("a"))
    #expect(try digest("a") != digest("b"))
  }
}
