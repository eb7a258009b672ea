import Testing

@testable import Orchestration

private let type = "multipart/form-data; boundary=\"b-1\""
private let body = """
  preamble\r
  --b-1\r
  Content-Disposition: form-data; name="model_name"\r
  \r
  Frank\r
  --b-1  \r
  content-type: text/x-python\r
  Content-Disposition: form-data; name="files"; filename="a \\"b\\".py"\r
  \r
  x = 1\r
  --b-2\r
  \r
  --b-1--\r
  epilogue
  """

/// The events with neighbouring bytes joined.
private func read(_ text: String, by step: Int, type: String = type) throws -> [String] {
  var reader = try MultipartReader(contentType: type)
  var events: [String] = []
  let bytes = Array(text.utf8)
  for start in stride(from: 0, to: bytes.count, by: step) {
    for event in try reader.take(Array(bytes[start..<min(start + step, bytes.count)])) {
      switch event {
      case .began(let name, let fileName): events.append("\(name) \(fileName ?? "-"): ")
      case .bytes(let more): events[events.count - 1] += String(decoding: more, as: UTF8.self)
      case .ended: events.append("ended")
      }
    }
  }
  try reader.finish()
  return events
}

@Test(arguments: [1, 2, 3, 7, 64, 10_000])
func aMultipartBodyReadsTheSameHoweverItIsCut(step: Int) throws {
  #expect(
    try read(body, by: step) == [
      "model_name -: Frank", "ended", "files a \"b\".py: x = 1\r\n--b-2\r\n", "ended",
    ])
}

@Test(arguments: [
  ("", "in the middle"), ("--b-1\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "middle"),
  ("--b-1\r\n\r\n\r\nx\r\n--b-1--", "no Content-Disposition"),
  ("--b-1\r\nContent-Disposition: attachment; name=a\r\n\r\n", "no Content-Disposition"),
  ("--b-1\r\nContent-Disposition: form-data; name=\"a\r\n\r\n", "no Content-Disposition"),
  ("--b-1\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n", "no Content-Disposition"),
  ("--b-1xx", "no end"), ("--b-1\r\n" + String(repeating: "a", count: 9_000), "longer than"),
])
func whatIsNoMultipartBodyIsRefused(text: String, reason: String) {
  do {
    _ = try read(text, by: 10)
    Issue.record("it was read")
  } catch let fault as MultipartFault {
    #expect(fault.reason.contains(reason), "\(fault.reason)")
  } catch {
    Issue.record("\(error)")
  }
}

@Test(arguments: [
  "text/plain", "multipart/form-data", "multipart/form-data; boundary=",
  "multipart/form-data; boundary=\(String(repeating: "b", count: 71))",
])
func anotherTypeOfBodyIsRefused(type: String) {
  #expect(throws: MultipartFault.self) { try MultipartReader(contentType: type) }
}

@Test func aNameInAnotherCharacterSetIsTaken() {
  let fields = HeaderParameters("form-data; name=files; filename*=UTF-8''n%C3%A4.ipynb")
  #expect(fields?["filename"] == "n%C3%A4.ipynb")
  #expect(HeaderParameters("Form-Data ; a = b;c=\"d;e\"")?["c"] == "d;e")
}
