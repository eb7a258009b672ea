/// A `multipart/form-data` body.
struct MultipartForm {
  private let boundary: String
  private var bytes: [UInt8] = []

  /// An empty form; its boundary is random, so that no file can hold it.
  init() {
    var random = SystemRandomNumberGenerator()
    boundary = "updraft-" + (0..<4).map { _ in String(random.next(), radix: 36) }.joined()
  }

  var contentType: String { "multipart/form-data; boundary=\(boundary)" }

  var body: [UInt8] { bytes + Array("--\(boundary)--\r\n".utf8) }

  /// Adds a text.
  mutating func add(_ name: String, _ value: String) {
    begin("form-data; name=\"\(name)\"")
    end(Array(value.utf8))
  }

  /// Adds a file.
  mutating func add(_ file: UploadFile) {
    let name = file.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    begin("form-data; name=\"files\"; filename=\"\(name)\"")
    end(file.bytes)
  }

  private mutating func begin(_ disposition: String) {
    bytes += Array("--\(boundary)\r\nContent-Disposition: \(disposition)\r\n\r\n".utf8)
  }

  private mutating func end(_ content: [UInt8]) {
    bytes += content
    bytes += [13, 10]
  }
}
