import ArgumentParser

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show the settings that are in force, or check a settings file.",
        subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self]
    )
}
