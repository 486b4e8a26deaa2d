using System.CommandLine;

namespace XcpBroker.Startup;

/// <summary>The three options that name a configuration file, at most one of which may be given.</summary>
internal sealed class ConfigurationChoice
{
    /// <summary>dbus-daemon's own files: those that the host's buses have.</summary>
    private const string SessionFile = "/usr/share/dbus-1/session.conf";
    private const string SystemFile = "/usr/share/dbus-1/system.conf";

    private readonly Option<string[]> _file = CommandLineWords.Value("--config-file", "FILE", "Read this configuration file.");
    private readonly Option<bool> _session = CommandLineWords.Switch("--session", $"Read {SessionFile}.");
    private readonly Option<bool> _system = CommandLineWords.Switch("--system", $"Read {SystemFile}.");

    internal IReadOnlyList<Option> Options => [_file, _session, _system];

    /// <summary>The file, rooted; null: none is named.</summary>
    /// <exception cref="StartException">More than one is named, or the option has no value.</exception>
    internal string? Find(ParseResult result, string workingDirectory)
    {
        string?[] files =
        [
            CommandLineWords.Single(result, _file) is { } file ? Path.Combine(workingDirectory, file) : null,
            IsGiven(result, _session) ? SessionFile : null,
            IsGiven(result, _system) ? SystemFile : null,
        ];
        string[] given = [.. files.OfType<string>()];
        return given.Length <= 1
            ? given.FirstOrDefault()
            : throw new StartException("more than one of --config-file, --session and --system is given");
    }

    private static bool IsGiven(ParseResult result, Option<bool> option) => CommandLineWords.Given(result, option) is { } given
        && (given.IdentifierTokenCount == 1 ? true : throw new StartException($"option {option.Name} is given more than once"));
}
