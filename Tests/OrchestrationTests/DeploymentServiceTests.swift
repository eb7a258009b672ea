import Competition
import Testing

@testable import Orchestration

/// An orchestrator that takes everything and remembers it.
private actor AnyDoor: DeploymentDoor {
  var added: [NewDeployment] = []
  var changed: [DeploymentChange] = []
  var why: String?
  var fault: DeploymentFault?

  init(obstacle: String? = nil, fault: DeploymentFault? = nil) {
    why = obstacle
    self.fault = fault
  }

  private func model(_ change: DeploymentChange) -> DeployedModel {
    var entry = ModelEntry(
      modelID: "1", crunchID: "game", launch: ModelLaunch(submissionID: "s"))
    change.apply(to: &entry)
    return DeployedModel(entry: entry, status: nil, isFromAPI: true, environment: "abc")
  }

  func models() -> [DeployedModel] { [model(DeploymentChange())] }
  func obstacle() -> String? { why }

  func add(_ new: NewDeployment) -> Result<DeployedModel, DeploymentFault> {
    added.append(new)
    return fault.map { .failure($0) } ?? .success(model(new.change))
  }

  func change(
    _ id: ModelID, _ change: DeploymentChange
  ) -> Result<ChangedDeployment, DeploymentFault> {
    changed.append(change)
    return .success(ChangedDeployment(model: model(change), obsolete: []))
  }

  func remove(_ id: ModelID) -> Result<[String], DeploymentFault> {
    id == "1" ? .success([]) : .failure(DeploymentFault(.unknown, id.rawValue))
  }

  func logFile(_ job: LogJob) -> String? { nil }
}

/// The API in a folder of its own.
private struct API {
  let folder: TestFolder
  let door: AnyDoor
  let service: DeploymentService

  init(_ door: AnyDoor = AnyDoor(), _ settings: APISettings = APISettings()) throws {
    folder = try TestFolder()
    self.door = door
    var runner = RunnerSettings()
    runner.submissionPathFormat = "\(folder.path)/subs/{id}"
    runner.packages = []
    service = DeploymentService(settings, runner: runner, token: nil, door: door, logger: silent)
  }

  var submissions: [String] { Folder.names(in: "\(folder.path)/subs") }

  func ask(
    _ method: String, _ target: String, type: String = multipartType, length: Int? = nil,
    _ body: [UInt8]...
  ) async -> (status: Int, text: String, ends: Bool) {
    var request = APIRequest(method, target)
    request.host = "127.0.0.1:8001"
    request.contentType = type
    request.contentLength = length
    let (stream, feed) = AsyncStream<[UInt8]>.makeStream()
    for bytes in body { feed.yield(bytes) }
    feed.finish()
    let answer = await service.answer(request, body: stream)
    var text = ""
    if case .bytes(let bytes) = answer.body { text = String(decoding: bytes, as: UTF8.self) }
    return (answer.status, text, answer.endsConnection)
  }
}

@Test func anUploadedFileBecomesASubmissionThatTheOrchestratorGets() async throws {
  let api = try API()
  let body = multipart(
    [("model_name", "Frank"), ("cruncher_name", ""), ("desired_state", "STOPPED")],
    files: [("main.py", "x = 1"), ("lib/a.py", "")])
  let answer = await api.ask("POST", "/models", Array(body[..<40]), Array(body[40...]))
  #expect(answer.status == 200, "\(answer)")
  let new = try #require(await api.door.added.first)
  let id = try #require(new.change.submissionID)
  #expect(new.change.modelName == "Frank" && new.change.cruncherName == nil)
  #expect(new.change.desiredState == .stopped)
  #expect(api.submissions == [id])
  #expect(api.folder.read("subs/\(id)/main.py") == "x = 1")
  #expect(answer.text.contains("\"submission_id\":\"\(id)\""))
}

@Test func anUploadedNotebookIsConverted() async throws {
  let api = try API()
  let cells = """
    {"cells":[{"cell_type":"code","source":["import numpy\\n","x = 1"]}]}
    """
  let answer = await api.ask("POST", "/models", multipart([], files: [("My Model.ipynb", cells)]))
  #expect(answer.status == 200, "\(answer)")
  let id = try #require(await api.door.added.first?.change.submissionID)
  #expect(api.folder.read("subs/\(id)/main.py") == "import numpy\n#x = 1\n")
  #expect(api.folder.read("subs/\(id)/requirements.txt").hasSuffix("\nnumpy\n"))
}

@Test(arguments: [
  ([("readme.md", "x")], "main.py"), ([], "no files"), ([("../main.py", "x")], "relative path"),
  ([("a.ipynb", "{}"), ("main.py", "x")], "either a notebook or main.py"),
  ([("a.ipynb", "nonsense")], "no JSON"),
])
func anUploadThatIsNoSubmissionIsRefusedAndLeavesNothing(
  files: [(String, String)], reason: String
) async throws {
  let api = try API()
  let answer = await api.ask("POST", "/models", multipart([("a", "b")], files: files))
  #expect(answer.status == 400 && answer.text.contains(reason), "\(answer)")
  #expect(answer.ends)
  #expect(await api.door.added.isEmpty)
  #expect(api.submissions.isEmpty)
}

@Test func anUploadThatBreaksOffOrIsNotWantedLeavesNothing() async throws {
  let body = multipart([], files: [("main.py", "x")])
  let broken = try API()
  #expect(await broken.ask("POST", "/models", Array(body.dropLast(8))).status == 400)
  #expect(broken.submissions.isEmpty)
  let full = try API(AnyDoor(fault: DeploymentFault(.tooMany, "enough")))
  #expect(await full.ask("POST", "/models", body).status == 409)
  #expect(full.submissions.isEmpty)
}

@Test func whatIsRefusedEarlyIsNotRead() async throws {
  let tooLong = try API()
  let long = await tooLong.ask("POST", "/models", length: 1 << 30)
  #expect(long.status == 413 && long.ends && long.text.contains("64 MiB"))
  let closed = try API(AnyDoor(obstacle: "the models come from the registry"))
  let refused = await closed.ask("POST", "/models")
  #expect(refused.status == 409 && refused.text.contains("registry"))
  #expect(await closed.ask("POST", "/models", type: "text/plain").status == 409)
  let typed = try API()
  #expect(await typed.ask("POST", "/models", type: "application/json").status == 415)
}

@Test func aModelIsSwitchedWithoutFilesAndDeleted() async throws {
  let api = try API()
  let body = multipart([("desired_state", "STOPPED"), ("model_name", "")])
  let answer = await api.ask("PATCH", "/models/1", body)
  #expect(answer.status == 200 && answer.text.contains("\"desired_state\":\"STOPPED\""))
  let change = try #require(await api.door.changed.first)
  #expect(change.desiredState == .stopped && change.modelName == nil && change.submissionID == nil)
  #expect(await api.ask("PATCH", "/models/9", body).status == 404)
  #expect(await api.ask("PATCH", "/models/1", multipart([("desired_state", "X")])).status == 422)
  #expect(await api.ask("DELETE", "/models/1").status == 204)
  #expect(await api.ask("DELETE", "/models/9").status == 404)
}

@Test func theListHasTheFieldsOfThePythonOrchestrator() async throws {
  let api = try API()
  let answer = await api.ask("GET", "/models")
  #expect(answer.status == 200)
  for field in [
    "\"id\":\"1\"", "\"model_name\":null", "\"deployment_id\":\"\"", "\"status\":\"CREATED\"",
    "\"desired_state\":\"RUNNING\"", "\"statusMessage\":null", "\"crunch_id\":\"game\"",
    "\"builder_log_uri\":\"http://127.0.0.1:8001/models/logs/builder/abc\"",
    "\"runner_log_uri\":\"http://127.0.0.1:8001/models/logs/runner/1\"",
  ] {
    #expect(answer.text.contains(field), "\(field)")
  }
}

@Test func logsOfNobodyAndOddParametersAreRefused() async throws {
  let api = try API()
  #expect(await api.ask("GET", "/models/logs/runner/1").status == 404)
  #expect(await api.ask("GET", "/models/logs/runner/1?follow=maybe").status == 422)
  #expect(await api.ask("GET", "/models/logs/runner/1?tail=10001").status == 422)
  #expect(await api.ask("GET", "/models/logs/runner/1?tail=-1").status == 422)
}

@Test func placesAreGivenBack() {
  let places = Places(limit: 2)
  let first = places.take()
  var second = places.take()
  #expect(first != nil && second != nil && places.take() == nil)
  second = nil
  #expect(second == nil && places.take() != nil)
}
