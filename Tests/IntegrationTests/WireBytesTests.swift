import Competition
import Foundation
import JSON
import Testing

@testable import ModelRunner

extension IntegrationTests {
  /// Our protobuf against Python's.
  @Suite struct WireBytesTests {
    private static let values: [(name: String, value: ArgumentValue, type: Int, bytes: [UInt8])] = [
      ("none", .none, 0, []),
      ("zero", .double(0), 1, [UInt8](repeating: 0, count: 8)),
      ("double", .double(-1.5), 1, [0, 0, 0, 0, 0, 0, 0xf8, 0xbf]),
      ("nan", .double(.nan), 1, [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]),
      ("int", .int(-2), 2, [0xfe] + [UInt8](repeating: 0xff, count: 7)),
      ("largest", .int(.max), 2, [UInt8](repeating: 0xff, count: 7) + [0x7f]),
      ("text", .string("naïve \u{1f680} \0"), 3, Array("naïve \u{1f680} \0".utf8)),
      ("empty text", .string(""), 3, []),
      (
        "parquet", .parquet([0x50, 0x41, 0x52, 0x31, 0, 0xff]), 4,
        [0x50, 0x41, 0x52, 0x31, 0, 0xff]
      ),
      ("arrow", .arrow([UInt8](repeating: 7, count: 300)), 5, [UInt8](repeating: 7, count: 300)),
      ("json", .json("{\"BTC\":[[1,NaN]]}"), 6, Array("{\"BTC\":[[1,NaN]]}".utf8)),
      (
        "large", .json(String(repeating: " ", count: 70_000)), 6,
        [UInt8](repeating: 32, count: 70_000)
      ),
    ]

    @Test func requestsEqualPythonsBytes() async throws {
      var asked: [JSONValue] = []
      var ours: [[UInt8]] = []
      func add(_ arguments: [CallArgument]) throws {
        for (message, name) in [("CallRequest", "method"), ("SetupRequest", "instance")] {
          let method = name == "method"
          asked.append([
            "encode": .string(message),
            "value": Self.plain(arguments, title: method ? "methodName" : "className", name: name),
          ])
          let frame =
            method
            ? try EncodedCall("predict", arguments).frame
            : encodeSetup(baseClass: "predict", arguments: arguments)
          ours.append(Array(frame.bytes))
        }
      }
      try add([])
      for entry in Self.values { try add([CallArgument(entry.value)]) }
      for entry in Self.values { try add([CallArgument(entry.value, keyword: "größe")]) }
      try add(Self.values.map { CallArgument($0.value) })
      try add(Self.values.map { CallArgument($0.value, keyword: "") })
      // Keyword arguments in between don't count as positions.
      try add(
        (0..<300).map { CallArgument(.int($0), keyword: $0.isMultiple(of: 3) ? "k\($0)" : nil) })

      let answers = try await Self.wire(asked)
      try #require(answers.count == ours.count)
      for (index, (answer, frame)) in zip(answers, ours).enumerated() {
        let python = try #require(answer["hex"]?.stringValue.flatMap(Self.bytes), "\(answer)")
        #expect(Array(frame.dropFirst(5)) == python, "\(asked[index])")
        #expect(frame[0] == 0, "not compressed")
        #expect(frame[1..<5].reduce(0) { $0 << 8 | Int($1) } == python.count, "the length prefix")
      }
    }

    @Test func responsesMeanToUsWhatTheyMeanToPython() async throws {
      var bodies: [JSONValue] = [
        [:], ["status": [:]], ["status": ["code": "SUCCESS"]],
        ["status": ["code": "MODEL_FAILED", "message": "naïve\nlines"], "methodResponse": [:]],
      ]
      for entry in Self.values {
        bodies.append([
          "status": ["code": "SUCCESS"], "methodResponse": Self.plain(entry.type, entry.bytes),
        ])
      }
      let encoded = try await Self.wire(bodies.map { ["encode": "CallResponse", "value": $0] })
      var messages = try encoded.map { try #require($0["hex"]?.stringValue.flatMap(Self.bytes)) }
      let known = messages
      // Fields of a later version, of every wire type, before, between and after the known ones.
      let unknown: [[UInt8]] = [
        [0x78, 0xff, 0x01], [0x79] + [UInt8](repeating: 1, count: 8), [0x7a, 0x02, 0x0a, 0x00],
        [0x7d, 1, 2, 3, 4], [0xfa, 0xff, 0xff, 0xff, 0x0f, 0x01, 0x09],
      ]
      for field in unknown { messages += known.map { field + $0 + field } }
      // The value before its type, an empty Variant, a status in two parts.
      messages.append([0x12, 0x05, 0x1a, 0x01, 0x41, 0x10, 0x03])
      messages.append([0x0a, 0x03, 0x0a, 0x01, 0x41, 0x12, 0x00])
      messages.append([0x0a, 0x03, 0x0a, 0x01, 0x41, 0x0a, 0x03, 0x12, 0x01, 0x42])

      let decoded = try await Self.wire(
        messages.map { ["decode": "CallResponse", "hex": .string(Self.hex($0))] })
      try #require(decoded.count == messages.count)
      for (answer, message) in zip(decoded, messages) {
        let python = try #require(answer["value"], "\(answer)")
        let reply = try CallReply(ByteView(copying: message))
        #expect(reply.code == python["status"]?["code"]?.stringValue ?? "")
        #expect(reply.message == python["status"]?["message"]?.stringValue ?? "")
        let value = python["methodResponse"]
        #expect((reply.value == nil) == (value == nil), "\(Self.hex(message))")
        guard let value else { continue }
        #expect(reply.value?.type.rawValue == UInt64(value["type"]?.intValue ?? 0))
        #expect(reply.value?.bytes.array == Self.bytes(value["value"]?.stringValue ?? ""))
      }
    }

    @Test func whatPythonRefusesToReadWeRefuseToo() async throws {
      let broken: [[UInt8]] = [
        [0xff], [0x0a], [0x0a, 0x05, 0x0a], [0x12, 0x02, 0x1a, 0x7f], [0x00], [0x0f],
        [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x10] + [UInt8](repeating: 0xff, count: 11),
      ]
      let decoded = try await Self.wire(
        broken.map { ["decode": "CallResponse", "hex": .string(Self.hex($0))] })
      for (answer, message) in zip(decoded, broken) {
        #expect(answer["error"] != nil, "Python reads \(Self.hex(message))")
        #expect(throws: (any Error).self, "\(Self.hex(message))") {
          try CallReply(ByteView(copying: message))
        }
      }
    }

    /// Asks `wire.py`, in one run.
    private static func wire(_ requests: [JSONValue]) async throws -> [JSONValue] {
      var answers: [JSONValue] = []
      try await withStage { stage in
        let python = try await PythonEnvironment.runner.program("python")
        let ended = try await stage.run(
          [python, RepositoryFile.path("Tests/Python/wire.py")],
          input: requests.map { $0.text() + "\n" }.joined())
        try #require(ended.exit.isSuccess, "\(ended)")
        answers = try ended.outputLines.map { try JSONValue.parse(text: $0) }
      }
      return answers
    }

    /// The request under its fields' names.
    private static func plain(
      _ arguments: [CallArgument], title: String, name: String
    ) -> JSONValue {
      var positional: [JSONValue] = []
      var keywords: [JSONValue] = []
      for argument in arguments {
        let known = values.first { same($0.value, argument.value) }
        var data = known.map { plain($0.type, $0.bytes) } ?? [:]
        if known == nil, case .int(let number) = argument.value {
          data = plain(2, withUnsafeBytes(of: number.littleEndian) { Array($0) })
        }
        if let keyword = argument.keyword {
          keywords.append(["keyword": .string(keyword), "data": data])
        } else {
          positional.append(["position": .int(Int64(positional.count + 1)), "data": data])
        }
      }
      return .object([
        JSONMember(key: title, value: "predict"),
        JSONMember(key: "\(name)Arguments", value: .array(positional)),
        JSONMember(key: "\(name)KwArguments", value: .array(keywords)),
      ])
    }

    private static func plain(_ type: Int, _ bytes: [UInt8]) -> JSONValue {
      ["type": .int(Int64(type)), "value": .string(hex(bytes))]
    }

    private static func same(_ left: ArgumentValue, _ right: ArgumentValue) -> Bool {
      if case (.double(let left), .double(let right)) = (left, right) {
        return left.bitPattern == right.bitPattern
      }
      return left == right
    }

    private static func hex(_ bytes: [UInt8]) -> String {
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ hex: String) -> [UInt8]? {
      let digits = hex.compactMap(\.hexDigitValue)
      guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return nil }
      return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] * 16 + digits[$0 + 1])
      }
    }
  }
}
