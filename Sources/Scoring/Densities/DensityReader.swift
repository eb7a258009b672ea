internal import JSON

/// Reads the stored JSON of a prediction (`predictions.distributions`) into densities.
///
/// What is accepted is in CONTRACTS' section on scoring: `builtin`, `scipy`, `statistics` and
/// `mixture`, plain or as `{"step": …, "prediction": {…}}`; keys that no density has are ignored,
/// and of a key that occurs twice the last one counts. `true` and `false` are 1 and 0, as in
/// Python.
///
/// Not `Sendable`: one per thread, it keeps its buffers and the stencils of what it read, so that
/// of many densities of one kind the first alone is parsed.
public final class DensityReader {
  /// The bounds of one prediction.
  public let limits: DensityLimits

  let words = Vocabulary()
  private let tapes: JSONTapeReader
  private let stencils = StencilReader()

  /// A reader for predictions within `limits`.
  public init(limits: DensityLimits = DensityLimits()) {
    self.limits = limits
    tapes = JSONTapeReader(depthMax: limits.jsonDepthMax, bytesMax: limits.bytesMax)
  }

  /// Reads a prediction's densities.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 JSON as stored.
  ///   - stepCount: the densities that there must be; nil for a horizon that is no multiple of the
  ///     step, which no prediction fits.
  /// - Returns: one density or flaw for each step.
  /// - Throws: `DensityFlaw` when the text is not JSON, no list, or of another length.
  public func read(
    _ bytes: UnsafeRawBufferPointer, stepCount: Int?
  ) throws(DensityFlaw) -> PredictionDensities {
    if let stepCount, bytes.count <= limits.bytesMax,
      let densities = stencils.read(
        bytes, stepCount: stepCount,
        readExample: { example in try? self.parse(example, stepCount: 1) })
    {
      return densities
    }
    return try parse(bytes, stepCount: stepCount)
  }

  /// The same for any text: parses all of it, and finds the reason when it can't be read.
  func parse(
    _ bytes: UnsafeRawBufferPointer, stepCount: Int?
  ) throws(DensityFlaw) -> PredictionDensities {
    let result: Result<PredictionDensities, DensityFlaw>
    do {
      result = try tapes.withTape(of: bytes) { tape in
        Result { () throws(DensityFlaw) in try self.densities(in: tape, stepCount: stepCount) }
      }
    } catch {
      throw DensityFlaw(step: nil, of: 0, "the stored JSON can't be read: \(error.flaw.text)")
    }
    return try result.get()
  }

  private func densities(
    in tape: JSONTape, stepCount: Int?
  ) throws(DensityFlaw) -> PredictionDensities {
    guard tape.kind(at: 0) == .array else {
      let kind = tape.kind(at: 0).rawValue
      throw DensityFlaw(step: nil, of: 0, "a list of densities is expected, got one \(kind)")
    }
    var densities = PredictionDensities()
    densities.steps.reserveCapacity(stepCount ?? 0)
    densities.nodes.reserveCapacity(stepCount ?? 0)
    var index = 1
    let end = tape.end(of: 0)
    while index < end {
      let start = densities.nodes.count
      do throws(Misread) {
        try readDensity(
          at: unwrapped(index, tape), tape, weight: 1, depth: 0, mixtureCount: 0, into: &densities)
        densities.steps.append(.density(at: start))
      } catch {
        densities.nodes.removeSubrange(start...)
        densities.steps.append(.flawed(cause: error.cause))
      }
      index = tape.end(of: index)
    }
    let expected = stepCount.map(String.init) ?? "horizon / step, which is no whole number of,"
    guard densities.stepCount == stepCount else {
      throw DensityFlaw(
        step: nil, of: densities.stepCount,
        "\(expected) densities are expected, got \(densities.stepCount)")
    }
    return densities
  }

  /// The density of a step: the object itself, or the `prediction` of one without a `type`.
  private func unwrapped(_ index: Int, _ tape: JSONTape) -> Int {
    guard tape.kind(at: index) == .object else { return index }
    var inner: Int?
    for member in Members(of: index, tape) {
      if member.key == words.type { return index }
      if member.key == words.prediction { inner = member.value }
    }
    return inner ?? index
  }

  /// Appends the density at `index` and its parts.
  func readDensity(
    at index: Int, _ tape: JSONTape, weight: Double, depth: Int, mixtureCount: Int,
    into densities: inout PredictionDensities
  ) throws(Misread) {
    guard depth <= DensityLimits.mixtureDepthMax else {
      throw Misread("nested in more than \(DensityLimits.mixtureDepthMax) mixtures")
    }
    let parts = try DensityParts(at: index, tape, words)
    guard let type = parts.type, let kind = tape.text(at: type).flatMap({ Word($0) }) else {
      throw Misread("type \(described(parts.type, tape)) is none of \(Self.types)")
    }
    let start = densities.nodes.count
    switch kind {
    case words.builtin, words.scipy, words.statistics:
      let leaf = try readLeaf(parts, tape, kind)
      densities.nodes.append(DensityNode(content: .leaf(leaf), weight: weight, end: start + 1))
      densities.leafCount += 1
    case words.mixture:
      guard mixtureCount < DensityLimits.mixturesOnPathMax else {
        throw Misread("more than \(DensityLimits.mixturesOnPathMax) mixtures on one path")
      }
      densities.nodes.append(DensityNode(content: .mixture, weight: weight, end: start + 1))
      try readComponents(
        parts.components, tape, depth: depth + 1, mixtureCount: mixtureCount + 1, into: &densities)
      densities.nodes[start].end = densities.nodes.count
    default:
      throw Misread("type \(described(type, tape)) is none of \(Self.types)")
    }
  }

  private func readComponents(
    _ list: Int?, _ tape: JSONTape, depth: Int, mixtureCount: Int,
    into densities: inout PredictionDensities
  ) throws(Misread) {
    guard let list, tape.kind(at: list) == .array else {
      throw Misread("components must be a list, got \(described(list, tape))")
    }
    var index = list + 1
    var count = 1
    while index < tape.end(of: list) {
      do throws(Misread) {
        let parts = try DensityParts(at: index, tape, words)
        guard let density = parts.density else { throw Misread("density is missing") }
        let weight = try self.number(at: parts.weight, tape, "weight")
        try readDensity(
          at: density, tape, weight: weight.magnitude, depth: depth, mixtureCount: mixtureCount,
          into: &densities)
      } catch {
        throw Misread("component \(count): \(error.cause)")
      }
      index = tape.end(of: index)
      count += 1
    }
  }

  private static let types = "builtin, scipy, statistics, mixture"
}
