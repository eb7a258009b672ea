import Competition
import Testing

@testable import ModelRunner

@Suite struct ModelDirectoryTests {
  private typealias Entry = OrchestratorMessage.Entry
  private var directory = ModelDirectory(modelsMax: 3)

  private func model(
    _ id: String, _ deployment: String = "1", port: UInt16 = 50_051, host: String = "h",
    name: String? = nil
  ) -> ModelDescription {
    ModelDescription(
      modelID: ModelID(id), deploymentID: deployment, infos: ModelInfos(modelName: name),
      host: host, port: port)
  }

  /// Applies a message and gives its changes as text: `open a/1`, `refresh a/1`, `close a`.
  private mutating func apply(
    _ event: OrchestratorMessage.Event, _ entries: [(ModelDescription, Entry.State)]
  ) -> [String] {
    let message = OrchestratorMessage(
      event: event, entries: entries.map { Entry(model: $0, state: $1) })
    return directory.apply(message).changes.map { change in
      switch change {
      case .open(let model): "open \(model.modelID)/\(model.deploymentID)"
      case .refresh(let model): "refresh \(model.modelID)/\(model.deploymentID)"
      case .close(let id, _): "close \(id)"
      }
    }
  }

  @Test mutating func anInitReplacesTheWholeList() {
    #expect(
      apply(.initial, [(model("a"), .running), (model("b"), .running)]) == ["open a/1", "open b/1"])
    #expect(
      apply(.initial, [(model("b"), .running), (model("c"), .running)]) == ["close a", "open c/1"])
    #expect(apply(.initial, []) == ["close b", "close c"])
    #expect(directory.models.isEmpty)
  }

  @Test mutating func theSameMessageTwiceChangesNothing() {
    let entries: [(ModelDescription, Entry.State)] = [
      (model("a"), .running), (model("b"), .stopped), (model("c"), .recovering),
    ]
    #expect(apply(.initial, entries) == ["open a/1"])
    #expect(apply(.initial, entries) == [])
    #expect(apply(.update, entries) == [])
  }

  @Test mutating func anUpdateTouchesOnlyWhatItNames() {
    _ = apply(.initial, [(model("a"), .running), (model("b"), .running)])
    #expect(apply(.update, [(model("c"), .running)]) == ["open c/1"])
    #expect(apply(.update, [(model("a"), .stopped)]) == ["close a"])
    #expect(directory.models.keys.sorted() == [ModelID("b"), ModelID("c")])
  }

  @Test(arguments: [Entry.State.stopped, .recovering].map(\.rawValue))
  mutating func anEndOfAnotherDeploymentIsStale(state: String) throws {
    let state = try #require(Entry.State(rawValue: state))
    _ = apply(.initial, [(model("a", "2"), .running)])
    #expect(apply(.update, [(model("a", "1"), state)]) == [])
    #expect(apply(.update, [(model("unknown"), state)]) == [])
    #expect(apply(.update, [(model("a", "2", port: 1), state)]) == ["close a"])
    #expect(apply(.update, [(model("a", "2"), state)]) == [])
  }

  @Test mutating func aNewDeploymentOrAddressOpensAnewAndNamesOnlyRefresh() {
    _ = apply(.initial, [(model("a"), .running)])
    #expect(apply(.update, [(model("a", name: "new"), .running)]) == ["refresh a/1"])
    #expect(directory.models[ModelID("a")]?.infos.modelName == "new")
    #expect(apply(.update, [(model("a", name: "new"), .running)]) == [])
    #expect(apply(.update, [(model("a", port: 2), .running)]) == ["open a/1"])
    #expect(apply(.update, [(model("a", port: 2, host: "i"), .running)]) == ["open a/1"])
    #expect(apply(.update, [(model("a", "2", port: 2, host: "i"), .running)]) == ["open a/2"])
  }

  @Test mutating func aModelThatIsNamedTwiceChangesOnceToWhatComesOut() {
    let entries: [(ModelDescription, Entry.State)] = [
      (model("a", "1"), .running), (model("b"), .running), (model("b"), .stopped),
      (model("a", "1"), .stopped), (model("a", "2"), .running), (model("a", "3"), .running),
    ]
    #expect(apply(.initial, entries) == ["open a/3"])
    #expect(apply(.initial, entries) == [], "the message again doesn't go the way again")
    #expect(apply(.update, [(model("a", "3"), .stopped), (model("a", "3"), .running)]) == [])
    let gone = model("a", "4")
    #expect(apply(.update, [(gone, .running), (gone, .stopped)]) == ["close a"])
  }

  @Test mutating func modelsOverTheLimitAreRefusedByNameAndPlacesAreFreedFirst() {
    let full = ["a", "b", "c"].map { (model($0), Entry.State.running) }
    #expect(apply(.initial, full).count == 3)
    let message = OrchestratorMessage(
      event: .update, entries: [Entry(model: model("d"), state: .running)])
    let (changes, refused) = directory.apply(message)
    #expect(changes.isEmpty)
    #expect(refused == [ModelID("d")])
    #expect(apply(.update, [(model("a", "2"), .running)]) == ["open a/2"], "it has its place")
    #expect(
      apply(.initial, [(model("d"), .running), (model("e"), .running), (model("f"), .running)])
        == ["close a", "close b", "close c", "open d/1", "open e/1", "open f/1"])
  }

  @Test mutating func aForgottenDeploymentComesBackWhenItIsNamedAgain() {
    _ = apply(.initial, [(model("a", "2"), .running)])
    directory.forget(ModelID("a"), deploymentID: "1")
    #expect(apply(.update, [(model("a", "2"), .running)]) == [])
    directory.forget(ModelID("a"), deploymentID: "2")
    #expect(apply(.update, [(model("a", "2"), .stopped)]) == [])
    #expect(apply(.update, [(model("a", "2"), .running)]) == ["open a/2"])
  }

  @Test mutating func aThousandTurnsLeaveTheLastState() {
    for _ in 0..<1_000 {
      #expect(apply(.update, [(model("a"), .running)]) == ["open a/1"])
      #expect(apply(.update, [(model("a"), .stopped)]) == ["close a"])
    }
    #expect(directory.models.isEmpty)
  }
}

extension OrchestratorMessage {
  /// A message without its text.
  fileprivate init(event: Event, entries: [Entry]) {
    let list = entries.map { entry in
      """
      {"model_id":"\(entry.model.modelID)","deployment_id":"\(entry.model.deploymentID)",\
      "state":"\(entry.state.rawValue)","ip":"\(entry.model.host)","port":\(entry.model.port),\
      "infos":{"model_name":\(entry.model.infos.modelName.map { "\"\($0)\"" } ?? "null")}}
      """
    }
    let text = "{\"event\":\"\(event.rawValue)\",\"data\":[\(list.joined(separator: ","))]}"
    do {
      self = try OrchestratorMessage(Array(text.utf8))
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
