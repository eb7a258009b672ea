internal import JSON

/// Reads predictions whose densities differ in little but their numbers, as nearly all do: a model
/// writes its 288 densities by one line of code.
///
/// The densities' stencils are kept from prediction to prediction. Whatever is unusual is left to
/// `DensityReader`, which reads the same from any text and has a reason for what it refuses.
///
/// The memory of the numbers is freed with its owner.
final class StencilReader {
  /// The stencils kept; the one that was cut first goes first.
  static let stencilsMax = 8
  /// The longest text of a density with a stencil of its own, bytes: 60 components of a mixture.
  static let textBytesMax = 8 << 10
  /// New stencils for one prediction. Each costs about what reading ten densities does.
  static let newStencilsMax = 4

  private var stencils: [DensityStencil] = []
  /// The one that matched last.
  private var latest: DensityStencil?
  private var nextToGo = 0
  /// The stencils that were cut for the prediction that is being read.
  private var newCount = 0
  private let numbers: UnsafeMutablePointer<Double>

  init() {
    // A number takes two bytes of text at least: its digit and what parts it from the next.
    let count = DensityStencil.constants.count + Self.textBytesMax / 2
    numbers = .allocate(capacity: count)
    numbers.initialize(repeating: 0, count: count)
    numbers.update(from: DensityStencil.constants, count: DensityStencil.constants.count)
  }

  deinit { numbers.deallocate() }

  /// Reads a list of exactly `stepCount` good densities.
  ///
  /// - Parameters:
  ///   - bytes: the prediction's text.
  ///   - stepCount: the number of steps.
  ///   - readExample: reads a text as `DensityReader` does; nil when that refuses it.
  /// - Returns: nil when the text is anything else, or too varied.
  func read(
    _ bytes: UnsafeRawBufferPointer, stepCount: Int,
    readExample: (UnsafeRawBufferPointer) -> PredictionDensities?
  ) -> PredictionDensities? {
    var densities = PredictionDensities()
    var place = ListPlace(bytes)
    guard stepCount > 0, stepCount < bytes.count, place.skip(UInt8(ascii: "[")) else { return nil }
    place.skipSpace()
    densities.steps.reserveCapacity(stepCount)
    newCount = 0
    if let latest, !readOn(latest, &place, upTo: stepCount, into: &densities) { return nil }
    while densities.stepCount < stepCount {
      guard readByAnother(&place, upTo: stepCount, into: &densities, readExample) else {
        return nil
      }
    }
    return place.skip(UInt8(ascii: "]")) && place.isAtEnd() ? densities : nil
  }

  /// Reads densities as long as they match; false when that shows that the parser is needed.
  private func readOn(
    _ stencil: DensityStencil, _ place: inout ListPlace, upTo stepCount: Int,
    into densities: inout PredictionDensities
  ) -> Bool {
    while let end = match(stencil, place.bytes, from: place.index) {
      guard stencil.append(numbers, to: &densities) else { return false }
      place.index = end
      if densities.stepCount == 1 {
        // Room for as many like the first one, as far as the text is long enough for them.
        let likeCount = min(stepCount, place.bytes.count / end + 1)
        densities.nodes.reserveCapacity(densities.nodes.count * likeCount)
      }
      guard densities.stepCount < stepCount else { return true }
      guard place.skip(UInt8(ascii: ",")) else { return false }
      place.skipSpace()
    }
    return true
  }

  /// Reads at least one density by a stencil that isn't the latest, or by a new one.
  private func readByAnother(
    _ place: inout ListPlace, upTo stepCount: Int, into densities: inout PredictionDensities,
    _ readExample: (UnsafeRawBufferPointer) -> PredictionDensities?
  ) -> Bool {
    let count = densities.stepCount
    for stencil in stencils where stencil !== latest {
      guard readOn(stencil, &place, upTo: stepCount, into: &densities) else { return false }
      if densities.stepCount > count {
        latest = stencil
        return true
      }
    }
    guard newCount < Self.newStencilsMax,
      let stencil = cut(from: place.bytes, at: place.index, readExample)
    else { return false }
    newCount += 1
    guard readOn(stencil, &place, upTo: stepCount, into: &densities), densities.stepCount > count
    else { return false }
    keep(stencil)
    return true
  }

  @inline(__always)
  private func match(
    _ stencil: DensityStencil, _ bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    stencil.text.match(bytes, from: start, into: numbers + DensityStencil.constants.count)
  }

  /// The stencil of the density at `start`; nil when it can't be one.
  private func cut(
    from bytes: UnsafeRawBufferPointer, at start: Int,
    _ readExample: (UnsafeRawBufferPointer) -> PredictionDensities?
  ) -> DensityStencil? {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
    guard let text = JSONStencil(cutFrom: rest, byteCountMax: Self.textBytesMax) else { return nil }
    // In a list like the density itself, so that the same depth is too deep.
    let example = "[".utf8 + text.text(numberedFrom: DensityStencil.constants.count) + "]".utf8
    guard let densities = Array(example).withUnsafeBytes(readExample) else { return nil }
    return DensityStencil(text, example: densities)
  }

  private func keep(_ stencil: DensityStencil) {
    latest = stencil
    if stencils.count < Self.stencilsMax {
      stencils.append(stencil)
    } else {
      stencils[nextToGo] = stencil
      nextToGo = (nextToGo + 1) % Self.stencilsMax
    }
  }
}

/// A place between the elements of a list.
private struct ListPlace {
  let bytes: UnsafeRawBufferPointer
  var index = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  @inline(__always)
  mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        index += 1
      default: return
      }
    }
  }

  /// Skips white space and then `mark`; false when there is another byte or none.
  @inline(__always)
  mutating func skip(_ mark: UInt8) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == mark else { return false }
    index += 1
    return true
  }

  /// Whether nothing but white space follows.
  mutating func isAtEnd() -> Bool {
    skipSpace()
    return index == bytes.count
  }
}
