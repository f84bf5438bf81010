/// Numbers of options that are no settings: those have `Setting`.
enum OptionNumber {
    static func read(
        _ text: String,
        _ option: String,
        _ range: ClosedRange<Int>
    ) throws(CommandFailure) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(
                .usage,
                "\(option) cannot be '\(CommandFailure.printable(text))': allowed is a number from "
                    + "\(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}
