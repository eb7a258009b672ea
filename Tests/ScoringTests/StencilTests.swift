import Testing

@testable import Scoring

@Suite struct StencilTests {
  /// What was read or why not, each number with all its digits.
  private func told(
    _ read: () throws(DensityFlaw) -> PredictionDensities
  ) -> String {
    do throws(DensityFlaw) {
      let densities = try read()
      return "\(densities.steps) \(densities.nodes) \(densities.leafCount)"
    } catch {
      return "\(error)"
    }
  }

  private func compare(_ reader: DensityReader, _ bytes: [UInt8], _ stepCount: Int) -> String? {
    bytes.withUnsafeBytes { bytes in
      let read = told { () throws(DensityFlaw) in try reader.read(bytes, stepCount: stepCount) }
      let parsed = told { () throws(DensityFlaw) in try reader.parse(bytes, stepCount: stepCount) }
      return read == parsed
        ? nil : "\(String(decoding: bytes, as: UTF8.self)): \(read), parsed: \(parsed)"
    }
  }

  @Test func whatAStencilReadsIsWhatTheParserReads() {
    let seed = UInt64.random(in: 1...1_000_000)
    print("stencils: seed \(seed)")
    var texts = DensityTexts(seed: seed)
    let reader = DensityReader()
    for _ in 0..<3_000 {
      let (text, stepCount) = texts.prediction()
      let count = texts.below(20) == 0 ? stepCount - 1 : stepCount
      let difference = compare(reader, Array(text.utf8), count)
      #expect(difference == nil, "seed \(seed): \(difference ?? "")")
      for _ in 0..<3 {
        let difference = compare(reader, texts.damaged(text), stepCount)
        #expect(difference == nil, "seed \(seed): \(difference ?? "")")
      }
    }
  }

  /// Counts the examples that a reader of stencils asks for.
  private final class Examples {
    let stencils = StencilReader()
    private let reader = DensityReader()
    private(set) var count = 0

    func read(_ text: String, stepCount: Int) -> PredictionDensities? {
      Array(text.utf8).withUnsafeBytes { bytes in
        stencils.read(bytes, stepCount: stepCount) { example in
          count += 1
          return try? reader.parse(example, stepCount: 1)
        }
      }
    }
  }

  private func list(_ densities: [String]) -> String {
    "[" + densities.joined(separator: ", ") + "]"
  }

  @Test(arguments: [
    Predicted.norm, #"{"step": 60, "prediction": \#(Predicted.norm)}"#,
    Predicted.mixture(Predicted.norm, Predicted.mixture(Predicted.norm)),
    #"{"type": "scipy", "name": "t", "params": {"df": 4.5, "scale": 1e-3}}"#,
    #"{"type": "statistics", "name": "normal", "params": {"mu": 0, "sigma": 2}}"#,
  ])
  func theUsualPredictionIsParsedForItsFirstDensityAlone(density: String) throws {
    let examples = Examples()
    let read = try #require(
      examples.read(list(Array(repeating: density, count: 288)), stepCount: 288))
    #expect(read.stepCount == 288 && examples.count == 1)
    // The next prediction has other numbers and finds the stencil there.
    let other = density.replacing("0.01", with: "12.5")
    #expect(examples.read(list([other, density]), stepCount: 2) != nil)
    #expect(examples.count == 1)
  }

  @Test(arguments: [
    ("[]", 0), ("{}", 1), ("[", 1), ("[1]", 1), ("[\(Predicted.norm)", 1),
    ("[\(Predicted.norm)],", 1), ("[\(Predicted.norm)] x", 1), ("[\(Predicted.norm),]", 1),
    ("[,\(Predicted.norm)]", 1), ("[\(Predicted.norm) \(Predicted.norm)]", 2),
    ("[\(Predicted.norm)]", 2), ("[\(Predicted.norm),\(Predicted.norm)]", 1),
    ("[\(Predicted.norm)]", -1), ("[\(Predicted.norm)]", Int.max), ("", 1), ("   ", 1),
    (#"[{"type":"builtin","name":"norm","params":{"loc":0,"scale":-1}}]"#, 1),
    (#"[{"type":"builtin","name":"norm","params":{"loc":0,"scale":1e999}}]"#, 1),
    (#"[{"type":"builtin","name":"t","params":{"df":0,"loc":0,"scale":1}}]"#, 1),
    (#"[{"type":"builtin","name":"f","params":{"dfn":1,"dfd":-0.5,"loc":0,"scale":1}}]"#, 1),
    (#"[{"type":"builtin","name":"norm","params":{"loc":0}}]"#, 1),
  ])
  func theRestIsLeftToTheParser(text: String, stepCount: Int) {
    let examples = Examples()
    // Known or not.
    #expect(examples.read(list([Predicted.norm]), stepCount: 1) != nil)
    #expect(examples.read(text, stepCount: stepCount) == nil)
  }

  @Test func aPredictionOfManyKindsOfDensitiesIsParsed() {
    // Each has a longer key that nobody looks at.
    func densities(_ count: Int) -> [String] {
      (0..<count).map {
        #"{"\#(String(repeating: "k", count: $0))":0,"# + Predicted.norm.dropFirst()
      }
    }
    let most = StencilReader.newStencilsMax
    #expect(Examples().read(list(densities(most)), stepCount: most) != nil)
    let examples = Examples()
    #expect(examples.read(list(densities(most + 1)), stepCount: most + 1) == nil)
    #expect(examples.count == most)
  }

  @Test func theStencilThatWasCutFirstGoesWhenThereAreTooMany() {
    let examples = Examples()
    let texts = (0...StencilReader.stencilsMax).map { index in
      list([#"{"\#(String(repeating: "k", count: index))":0,"# + Predicted.norm.dropFirst()])
    }
    for text in texts.dropLast() { #expect(examples.read(text, stepCount: 1) != nil) }
    for text in texts.dropLast() { #expect(examples.read(text, stepCount: 1) != nil) }
    #expect(examples.count == StencilReader.stencilsMax)
    #expect(examples.read(texts[texts.count - 1], stepCount: 1) != nil)
    #expect(examples.read(texts[1], stepCount: 1) != nil)
    #expect(examples.count == StencilReader.stencilsMax + 1)
    #expect(examples.read(texts[0], stepCount: 1) != nil)
    #expect(examples.count == StencilReader.stencilsMax + 2)
  }

  @Test func aDensityOfAMoreThanUsualLengthIsParsed() {
    func density(byteCount: Int) -> String {
      let rest = Predicted.norm.utf8.count + 5
      let key = String(repeating: "k", count: byteCount - rest)
      return #"{"\#(key)":0,"# + Predicted.norm.dropFirst()
    }
    let most = StencilReader.textBytesMax
    #expect(density(byteCount: most).utf8.count == most)
    #expect(Examples().read(list([density(byteCount: most)]), stepCount: 1) != nil)
    #expect(Examples().read(list([density(byteCount: most + 1)]), stepCount: 1) == nil)
  }
}
