/// A sample in which each element offered is kept with the same chance (Vitter, "Random sampling with a reservoir",
/// algorithm R), however many there turn out to be.
package struct Reservoir<Element> {
    package let capacity: Int
    package private(set) var elements: [Element] = []
    private var offered = 0

    package init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    package mutating func offer(_ element: Element, using generator: inout some RandomNumberGenerator) {
        offered += 1
        if elements.count < capacity {
            elements.append(element)
            return
        }
        let place = Int.random(in: 0..<offered, using: &generator)
        if place < capacity { elements[place] = element }
    }
}

extension Reservoir: Sendable where Element: Sendable {}
