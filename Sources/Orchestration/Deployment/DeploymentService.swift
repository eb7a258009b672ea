import Competition
public import Identity
import JSON
public import Logging
import Telemetry

/// The deployment API: gives every request its answer, whatever carries the bytes.
///
/// Paths and fields are those of the Python orchestrator's local mode, so that CrunchDAO's user
/// interface works with it; what it lets anybody do is refused here (`APIGuard`, `UploadName`).
public struct DeploymentService: Sendable {
  /// Uploads that are received at the same time.
  static let uploadsAtOnceMax = 8
  /// Last lines of a log that may be asked for.
  static let tailLinesMax = 10_000
  /// Between two looks at a log that is followed.
  private static let followPause: Duration = .milliseconds(100)
  /// Looks at a log between two questions whether its model is still there.
  private static let looksPerQuestion = 20

  private let settings: APISettings
  private let runner: RunnerSettings
  private let entrance: APIGuard
  private let door: any DeploymentDoor
  private let logger: Logger
  private let uploads = Places(limit: uploadsAtOnceMax)
  private let followers: Places

  /// Creates the API.
  ///
  /// - Parameters:
  ///   - settings: The limits, and who may use it.
  ///   - runner: Where submissions lie.
  ///   - token: What callers present; nil on loopback only.
  ///   - door: The orchestrator.
  ///   - logger: Told of refusals.
  public init(
    _ settings: APISettings, runner: RunnerSettings, token: BearerToken?,
    door: any DeploymentDoor, logger: Logger
  ) {
    self.settings = settings
    self.runner = runner
    entrance = APIGuard(settings, token: token)
    self.door = door
    self.logger = logger
    followers = Places(limit: settings.followersMax)
  }

  /// The answer to one request. `body` is read by additions and changes only.
  public func answer<Body: AsyncSequence>(
    _ request: APIRequest, body: Body
  ) async -> APIAnswer where Body.Element == [UInt8] {
    var answer: APIAnswer
    do throws(APIRefusal) {
      answer = try await unguarded(request, body)
    } catch {
      var refusal = error
      refusal.leavesBodyUnread = !["GET", "HEAD", "OPTIONS"].contains(request.method)
      answer = refusal.answer
      logger.log(
        level: error.status == 404 ? .debug : .warning, "a request to the API is refused",
        metadata: [
          LogKey.method: "\(request.method.prefix(16))", LogKey.path: "\(request.path.prefix(200))",
          LogKey.status: "\(error.status)", LogKey.reason: "\(error.detail)",
        ])
    }
    answer.headers += entrance.headers(for: request)
    return answer
  }

  /// Sends a log.
  ///
  /// - Parameters:
  ///   - log: The log.
  ///   - isWanted: Whether somebody still reads.
  ///   - write: Sends some bytes, when the reader has room for them.
  /// - Throws: What `write` throws, and `CancellationError`.
  public func send(
    _ log: LogFollow, isWanted: () -> Bool, write: ([UInt8]) async throws -> Void
  ) async throws {
    var tail = log.tail
    var lookCount = 0
    while isWanted() {
      let bytes = tail.next()
      if !bytes.isEmpty {
        try await write(bytes)
        continue
      }
      guard log.follows else { return }
      lookCount += 1
      if lookCount % Self.looksPerQuestion == 0, await door.logFile(log.job) == nil { return }
      try await Task.sleep(for: Self.followPause)
    }
  }

  private func unguarded<Body: AsyncSequence>(
    _ request: APIRequest, _ body: Body
  ) async throws(APIRefusal) -> APIAnswer where Body.Element == [UInt8] {
    if let refusal = entrance.refusal(of: request) { throw refusal }
    switch try APIRoute(request.method, request.path) {
    case .preflight: return entrance.preflight(request)
    case .health: return APIAnswer(["status": "ok"])
    case .list:
      let base = "http://\(request.host ?? settings.address)/models"
      return APIAnswer(.array(await door.models().map { $0.row(base: base) }))
    case .log(let job): return try await log(job, request)
    case .add: return try await add(request, body)
    case .update(let id): return try await update(id, request, body)
    case .remove(let id):
      let obsolete = try Self.value(await door.remove(id))
      SubmissionStore(runner).remove(obsolete)
      return APIAnswer(204)
    }
  }

  private func log(_ job: LogJob, _ request: APIRequest) async throws(APIRefusal) -> APIAnswer {
    guard let follows = request.flag("follow"), let isWhole = request.flag("from_start") else {
      throw APIRefusal(422, "follow and from_start must be true or false")
    }
    var start = isWhole ? LogTail.Start.beginning : .lastLines(0)
    if let text = request.parameter("tail") {
      guard let count = Int(text), (0...Self.tailLinesMax).contains(count) else {
        throw APIRefusal(422, "tail must be a number of lines up to \(Self.tailLinesMax)")
      }
      start = .lastLines(count)
    }
    guard let path = await door.logFile(job) else {
      throw APIRefusal(404, "there is no such log; GET /models lists them")
    }
    guard let place = followers.take() else {
      throw APIRefusal(
        503, "\(settings.followersMax) logs are being read already (api.followers-max)")
    }
    return APIAnswer(
      200,
      headers: [
        ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-cache"),
        ("X-Accel-Buffering", "no"),
      ],
      body: .log(
        LogFollow(job: job, tail: LogTail(path, from: start), follows: follows, place: place)))
  }

  private func add<Body: AsyncSequence>(
    _ request: APIRequest, _ body: Body
  ) async throws(APIRefusal) -> APIAnswer where Body.Element == [UInt8] {
    let upload = try await receive(request, body)
    guard upload.change.submissionID != nil else {
      throw APIRefusal(400, "there are no files: a notebook, or main.py")
    }
    let new = NewDeployment(
      crunchID: upload.text("crunch_id"), cruncherID: upload.text("cruncher_id"),
      change: upload.change)
    let model: DeployedModel = try keeping(upload, await door.add(new))
    return APIAnswer(model.response(warnings: upload.warnings))
  }

  private func update<Body: AsyncSequence>(
    _ id: ModelID, _ request: APIRequest, _ body: Body
  ) async throws(APIRefusal) -> APIAnswer where Body.Element == [UInt8] {
    guard await door.models().contains(where: { $0.entry.modelID == id }) else {
      throw .unknown(id.rawValue)
    }
    let upload = try await receive(request, body)
    let changed = try keeping(upload, await door.change(id, upload.change))
    SubmissionStore(runner).remove(changed.obsolete)
    return APIAnswer(changed.model.response(warnings: upload.warnings))
  }

  /// Reads the body into a submission of its own.
  private func receive<Body: AsyncSequence>(
    _ request: APIRequest, _ body: Body
  ) async throws(APIRefusal) -> Upload where Body.Element == [UInt8] {
    if let obstacle = await door.obstacle() { throw APIRefusal(409, obstacle) }
    if let length = request.contentLength, length > settings.uploadBytesMax {
      throw UploadIntake.tooLarge("the upload", settings.uploadBytesMax, "api.upload-bytes-max")
    }
    guard let place = uploads.take() else {
      throw APIRefusal(503, "\(Self.uploadsAtOnceMax) uploads are being received; try again")
    }
    defer { withExtendedLifetime(place) {} }
    let store = SubmissionStore(runner)
    let id = store.newID()
    // What isn't complete goes, however it ends.
    defer { store.abandon(id) }
    let intake = try UploadIntake(
      contentType: request.contentType, into: store.partFolder(id), settings)
    do {
      for try await bytes in body { try intake.take(bytes) }
    } catch let refusal as APIRefusal {
      throw refusal
    } catch {
      throw APIRefusal(400, "the upload broke off")
    }
    try intake.finish()
    var upload = Upload(fields: intake.fields)
    try upload.readChange()
    guard !intake.files.isEmpty else { return upload }
    upload.warnings = try SubmissionImport(
      store.partFolder(id), files: intake.files, packages: runner.packages
    ).warnings
    do {
      try store.complete(id)
    } catch {
      throw APIRefusal(507, "the submission can't be kept: \(error.reason)")
    }
    upload.change.submissionID = id
    return upload
  }

  /// What the orchestrator answered; an upload that it didn't take goes.
  private func keeping<Value>(
    _ upload: Upload, _ result: Result<Value, DeploymentFault>
  ) throws(APIRefusal) -> Value {
    if case .failure = result, let id = upload.change.submissionID {
      SubmissionStore(runner).remove([id])
    }
    return try Self.value(result)
  }

  private static func value<Value>(
    _ result: Result<Value, DeploymentFault>
  ) throws(APIRefusal) -> Value {
    switch result {
    case .success(let value): return value
    case .failure(let fault):
      switch fault.code {
      case .unknown: throw .unknown(fault.reason)
      case .conflict, .tooMany: throw APIRefusal(409, fault.reason)
      case .invalid: throw APIRefusal(422, fault.reason)
      case .storage: throw APIRefusal(507, fault.reason)
      }
    }
  }
}

/// What was uploaded: the fields, and what they and the files change.
private struct Upload {
  let fields: [String: String]
  var change = DeploymentChange()
  var warnings: [String] = []

  init(fields: [String: String]) { self.fields = fields }

  /// A field's text; forms send empty texts for what wasn't filled in.
  func text(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

  mutating func readChange() throws(APIRefusal) {
    if let state = text("desired_state") {
      guard let known = ModelEntry.DesiredState(rawValue: state) else {
        throw APIRefusal(422, "desired_state must be RUNNING or STOPPED, got \(state.prefix(60))")
      }
      change.desiredState = known
    }
    change.modelName = text("model_name")
    change.cruncherName = text("cruncher_name")
  }
}
