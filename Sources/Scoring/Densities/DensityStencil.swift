internal import JSON

/// A density's text without its numbers, and what each number means there.
///
/// A density's text says all about it but a few numbers: the numbers can only make it a flaw by a
/// scale or a shape that is not above 0. So a text that was read once tells how to read all that
/// differ in numbers alone.
///
/// A class that owns its memory until `deinit`, so that reading a density counts no references.
final class DensityStencil {
  let text: JSONStencil
  /// In document order, as in `PredictionDensities`.
  private let nodes: UnsafeMutableBufferPointer<Node>
  private let leafCount: Int

  /// A node whose numbers are places in a list: 0 and 1 of `constants`, others of the text.
  private struct Node {
    let family: Family
    let dialect: Leaf.Dialect
    let isMixture: Bool
    /// 0, like the second one, where the family has none: `false` is no shape.
    let shape: Int32
    let secondShape: Int32
    let location: Int32
    let scale: Int32
    let weight: Int32
    /// The number of nodes of this density.
    let extent: Int32

    /// The node at `index` of an example whose numbers are places.
    init(_ node: DensityNode, at index: Int) {
      weight = Int32(node.weight)
      extent = Int32(node.end - index)
      switch node.content {
      case .leaf(let leaf):
        family = leaf.family
        dialect = leaf.dialect
        isMixture = false
        shape = Int32(leaf.shape)
        secondShape = Int32(leaf.secondShape)
        location = Int32(leaf.location)
        scale = Int32(leaf.scale)
      case .mixture:
        family = .norm
        dialect = .builtin
        isMixture = true
        (shape, secondShape, location, scale) = (0, 0, 0, 0)
      }
    }
  }

  /// What stands before the text's numbers in the list: the values of `false` and `true`, and of
  /// parameters that a density leaves out.
  static let constants: [Double] = [0, 1]

  /// - Parameters:
  ///   - text: of the density.
  ///   - example: what `text.text(numberedFrom: constants.count)` was read as, so that each number
  ///     is its own place in the list; nil comes of an example that is not one good density.
  init?(_ text: JSONStencil, example: PredictionDensities) {
    guard example.stepCount == 1, case .density(at: 0) = example.steps[0] else { return nil }
    self.text = text
    leafCount = example.leafCount
    nodes = .allocate(capacity: example.nodes.count)
    _ = nodes.initialize(from: example.nodes.enumerated().map { Node($1, at: $0) })
  }

  deinit { nodes.deallocate() }

  /// Appends a density whose text has matched.
  ///
  /// - Parameters:
  ///   - numbers: the constants and the text's numbers in their order.
  ///   - densities: the steps before this one.
  /// - Returns: false, and anything in `densities`, when a scale or a shape is not above 0.
  @inline(__always)
  func append(
    _ numbers: UnsafePointer<Double>, to densities: inout PredictionDensities
  ) -> Bool {
    let start = densities.nodes.count
    densities.steps.append(.density(at: start))
    densities.leafCount += leafCount
    var isGood = true
    for node in nodes {
      let end = densities.nodes.count + Int(node.extent)
      let weight = numbers[Int(node.weight)].magnitude
      guard !node.isMixture else {
        densities.nodes.append(DensityNode(content: .mixture, weight: weight, end: end))
        continue
      }
      let leaf = Leaf(
        family: node.family, dialect: node.dialect, shape: numbers[Int(node.shape)],
        secondShape: numbers[Int(node.secondShape)], location: numbers[Int(node.location)],
        scale: numbers[Int(node.scale)])
      isGood = isGood && leaf.scale > 0
      isGood = isGood && (node.shape == 0 || leaf.shape > 0)
      isGood = isGood && (node.secondShape == 0 || leaf.secondShape > 0)
      densities.nodes.append(DensityNode(content: .leaf(leaf), weight: weight, end: end))
    }
    return isGood
  }
}
