import HTTPTypes
import Hummingbird
import NIOCore
import Reporting

/// Carries requests and answers between the server and the report.
enum Exchange {
  private static let apiKey = HTTPField.Name("X-API-Key")
  private static let requestedMethod = HTTPField.Name("Access-Control-Request-Method")

  static func answer(_ request: Request, by service: ReportService) async -> Response {
    var asked = ReportRequest(
      method: request.method.rawValue, target: request.head.path ?? "/")
    let headers = request.headers
    asked.ifNoneMatch = headers[.ifNoneMatch]
    asked.acceptEncoding = headers[.acceptEncoding]
    asked.origin = headers[.origin]
    asked.authorization = headers[.authorization]
    asked.apiKey = apiKey.flatMap { headers[$0] }
    asked.requestedMethod = requestedMethod.flatMap { headers[$0] }
    let answer = await service.answer(asked)
    var fields = HTTPFields()
    for (name, value) in answer.headers {
      guard let name = HTTPField.Name(name) else { continue }
      fields.append(HTTPField(name: name, value: value))
    }
    guard let body = answer.body else {
      if answer.status == 304 { return Response(status: .notModified, headers: fields) }
      return Response(status: .init(code: answer.status), headers: fields)
    }
    let buffer = body.form { ByteBuffer(bytes: $0) }
    guard !answer.isHeadOnly else {
      fields[.contentLength] = String(buffer.readableBytes)
      return Response(status: .init(code: answer.status), headers: fields)
    }
    return Response(
      status: .init(code: answer.status), headers: fields,
      body: ResponseBody(byteBuffer: buffer))
  }
}
