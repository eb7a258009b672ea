import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Orchestration

/// What the server knows of one request: its connection, to see whether it is still there.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}

/// Carries requests and answers between the server and the deployment API.
enum APIExchange {
  private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

  static func answer(
    _ request: Request, _ channel: any Channel, by service: DeploymentService
  ) async -> Response {
    var asked = APIRequest(request.method.rawValue, request.head.path ?? "/")
    let headers = request.headers
    asked.host = request.head.authority
    asked.origin = headers[.origin]
    asked.fetchSite = fetchSite.flatMap { headers[$0] }
    asked.authorization = headers[.authorization]
    asked.contentType = headers[.contentType]
    asked.contentLength = headers[.contentLength].flatMap { Int($0) }
    let answer = await service.answer(
      asked, body: request.body.map { Array($0.readableBytesView) })
    var fields = HTTPFields()
    for (name, value) in answer.headers {
      guard let name = HTTPField.Name(name) else { continue }
      fields.append(HTTPField(name: name, value: value))
    }
    if answer.endsConnection { fields[.connection] = "close" }
    return Response(
      status: .init(code: answer.status), headers: fields,
      body: body(answer.body, channel, service))
  }

  private static func body(
    _ body: APIAnswer.Body, _ channel: any Channel, _ service: DeploymentService
  ) -> ResponseBody {
    switch body {
    case .none: return ResponseBody()
    case .bytes(let bytes): return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .log(let log):
      return ResponseBody { writer in
        try await service.send(log, isWanted: { channel.isActive }) { bytes in
          try await writer.write(ByteBuffer(bytes: bytes))
        }
        try await writer.finish(nil)
      }
    }
  }
}
