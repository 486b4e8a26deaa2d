using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using XcpBroker.Config;

namespace XcpBroker.Startup;

/// <summary>What the command line asks for.</summary>
internal enum CommandLineRequest
{
    Run,
    ShowHelp,
    ShowVersion,
    ShowIntrospection,
}

/// <summary>A command line that was understood.</summary>
/// <param name="Request">What it asks for.</param>
/// <param name="Options">What to run; without addresses when none is given.</param>
/// <param name="ReadyDescriptor">The value of <see cref="DetachedStart.ReadyOption"/>: this process is the detached child.</param>
internal sealed record ParsedCommandLine(CommandLineRequest Request, BrokerOptions Options, int? ReadyDescriptor);

/// <summary>The options, named and written as dbus-daemon's: a value may follow '=' or be the next word.</summary>
/// <remarks>
/// System.CommandLine divides the words and prints the help; what a value means, and every error, is ours: one line that quotes the
/// wrong word. So to it each option takes any number of strings.
/// </remarks>
internal sealed class CommandLine
{
    private readonly Option<string[]> _address = Value("--address", "ADDRESS", "Listen on this address; several are separated by ';'.");
    private readonly Option<string[]> _printAddress = Value("--print-address", "FD", "Print the addresses to use to this descriptor (1).", needsValue: false);
    private readonly Option<string[]> _printPid = Value("--print-pid", "FD", "Print the process id to this descriptor (1).", needsValue: false);
    private readonly Option<bool> _noFork = Switch("--nofork", "Stay in the foreground (the default).");
    private readonly Option<bool> _fork = Switch("--fork", "Detach from the caller as soon as the bus serves.");
    private readonly Option<bool> _noPidFile = Switch("--nopidfile", "Write no pid file (there is none without a configuration file).");
    private readonly Option<bool> _noSyslog = Switch("--nosyslog", "Log to standard error only (the default in the foreground).");
    private readonly Option<bool> _syslog = Switch("--syslog", "Log to syslog and standard error.");
    private readonly Option<bool> _syslogOnly = Switch("--syslog-only", "Log to syslog only (the default after --fork).");
    private readonly Option<string[]> _limit = Value("--limit", "NAME=VALUE", "Set a limit; may be given several times.");
    private readonly Option<string[]> _stateDirectory = Value("--state-directory", "DIR", "Keep here what must outlive the process.");
    private readonly Option<string[]> _ready = Value(DetachedStart.ReadyOption, "FD", "");
    private readonly Option<bool> _introspect = Switch("--introspect", "Print the introspection data of the bus and exit.");
    private readonly Option<bool> _version = Switch("--version", "Print the version and exit.");
    private readonly HelpOption _help = new("--help", "-h");
    private readonly RootCommand _root = new("A D-Bus message bus.");

    internal CommandLine()
    {
        _ready.Hidden = true;
        _root.Directives.Clear();
        _root.Options.Clear();
        foreach (Option option in (Option[])
        [
            _address, _printAddress, _printPid, _noFork, _fork, _noPidFile, _noSyslog, _syslog, _syslogOnly, _limit, _stateDirectory,
            _introspect, _version, _help, _ready,
        ])
        {
            _root.Options.Add(option);
        }
    }

    /// <summary>Reads the arguments of Main.</summary>
    /// <exception cref="StartException">They are wrong.</exception>
    internal ParsedCommandLine Parse(IReadOnlyList<string> arguments, AddressSurroundings surroundings)
    {
        ParseResult result = _root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        CommandLineRequest request = Request(result);
        BrokerOptions options = new() { Addresses = [], Surroundings = surroundings };
        if (request is CommandLineRequest.ShowHelp or CommandLineRequest.ShowVersion)
        {
            return new ParsedCommandLine(request, options, null);
        }

        RefuseUnknown(result);
        bool fork = IsLast(result, _fork, _noFork);
        options = options with
        {
            Addresses = Single(result, _address) is { } address ? Addresses(address) : [],
            Limits = Limits(result),
            StateDirectory = Single(result, _stateDirectory) is { } directory ? Path.Combine(surroundings.WorkingDirectory, directory) : null,
            PrintAddressDescriptor = Descriptor(result, _printAddress),
            PrintPidDescriptor = Descriptor(result, _printPid),
            Fork = fork,
            Syslog = Syslog(result, fork),
        };
        return new ParsedCommandLine(request, options, Descriptor(result, _ready));
    }

    /// <summary>The help, for standard output.</summary>
    internal string HelpText()
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        _ = _root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = text });
        return text.ToString();
    }

    private static Option<string[]> Value(string name, string valueName, string description, bool needsValue = true) => new(name)
    {
        Description = description,
        HelpName = valueName,
        Arity = needsValue ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
    };

    private static Option<bool> Switch(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };

    private CommandLineRequest Request(ParseResult result) =>
        Given(result, _help) is not null ? CommandLineRequest.ShowHelp
        : Given(result, _version) is not null ? CommandLineRequest.ShowVersion
        : Given(result, _introspect) is not null ? CommandLineRequest.ShowIntrospection
        : CommandLineRequest.Run;

    private static void RefuseUnknown(ParseResult result)
    {
        if (result.Tokens.FirstOrDefault(token => token.Type == TokenType.Directive)?.Value is { } directive)
        {
            throw new StartException($"unexpected argument '{directive}'");
        }

        if (result.UnmatchedTokens is [string unknown, ..])
        {
            throw new StartException(unknown.StartsWith('-') ? $"unknown option '{unknown}'" : $"unexpected argument '{unknown}'");
        }
    }

    /// <summary>Whether the first option is given, after every other one.</summary>
    private static bool IsLast(ParseResult result, Option option, params ReadOnlySpan<Option> others)
    {
        int position = Position(result, option);
        bool last = position >= 0;
        foreach (Option other in others)
        {
            last &= Position(result, other) < position;
        }

        return last;
    }

    private static int Position(ParseResult result, Option option)
    {
        for (int i = result.Tokens.Count - 1; i >= 0; i--)
        {
            if (result.Tokens[i].Type == TokenType.Option && result.Tokens[i].Value == option.Name)
            {
                return i;
            }
        }

        return -1;
    }

    // A switch that is not given has a result too, for its default.
    private static OptionResult? Given(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false } given ? given : null;

    private static IReadOnlyList<string> Values(ParseResult result, Option option)
    {
        if (Given(result, option) is not { } given)
        {
            return [];
        }

        return given.Tokens.Count == given.IdentifierTokenCount || option.Arity.MinimumNumberOfValues == 0
            ? [.. given.Tokens.Select(token => token.Value)]
            : throw new StartException($"option {option.Name} needs a value");
    }

    /// <summary>Null when the option is not given; empty when it has no value.</summary>
    private static string? Single(ParseResult result, Option option)
    {
        IReadOnlyList<string> values = Values(result, option);
        return Given(result, option) switch
        {
            null => null,
            { IdentifierTokenCount: > 1 } => throw new StartException($"option {option.Name} is given more than once"),
            _ => values.Count == 0 ? "" : values[0],
        };
    }

    private static IReadOnlyList<ListenAddress> Addresses(string text) =>
        AddressParser.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out string? error)
            ? addresses
            : throw new StartException($"option --address: {error}");

    private LimitOptions Limits(ParseResult result)
    {
        LimitOptions limits = DefaultLimits.Embedded;
        foreach (string assignment in Values(result, _limit))
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new StartException($"option --limit: '{assignment}' is not of the form NAME=VALUE");
            }

            limits = LimitTable.TrySet(limits, assignment[..equals], assignment[(equals + 1)..], out LimitOptions? changed, out string? error)
                ? changed
                : throw new StartException($"option --limit: {error}");
        }

        return limits;
    }

    private static int? Descriptor(ParseResult result, Option option)
    {
        if (Single(result, option) is not { } text)
        {
            return null;
        }

        if (text.Length == 0)
        {
            return Descriptors.StandardOutput;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor))
        {
            throw new StartException($"option {option.Name}: '{text}' is not a file descriptor");
        }

        return Descriptors.IsInherited(descriptor)
            ? descriptor
            : throw new StartException($"option {option.Name}: file descriptor {descriptor} is not open");
    }

    private SyslogMode Syslog(ParseResult result, bool fork) =>
        IsLast(result, _syslogOnly, _syslog, _noSyslog) ? SyslogMode.Only
        : IsLast(result, _syslog, _syslogOnly, _noSyslog) ? SyslogMode.Also
        : fork && !IsLast(result, _noSyslog) ? SyslogMode.Only
        : SyslogMode.None;
}
