using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using XcpBroker.Config;
using XcpBroker.Transport;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary>What the command line asks for.</summary>
internal enum CommandLineRequest
{
    Run,
    ShowHelp,
    ShowVersion,
    ShowIntrospection,
    RunTool,
}

/// <summary>A command line that was understood.</summary>
/// <param name="Request">What it asks for.</param>
/// <param name="Choices">What to run, as far as the command line says.</param>
/// <param name="ReadyDescriptor">The value of <see cref="DetachedStart.ReadyOption"/>: this process is the detached child.</param>
/// <param name="ConfigurationDescriptor">The value of <see cref="DetachedStart.TextOption"/>; null: nobody has read the configuration file.</param>
internal sealed record ParsedCommandLine(CommandLineRequest Request, CommandLineChoices Choices, int? ReadyDescriptor, int? ConfigurationDescriptor)
{
    /// <summary>Of <see cref="CommandLineRequest.RunTool"/>: does it, and returns the exit status.</summary>
    internal Func<int>? Tool { get; init; }

    /// <summary>Of <see cref="CommandLineRequest.ShowHelp"/>: the words of the command that help is asked for.</summary>
    internal IReadOnlyList<string> HelpWords { get; init; } = [];
}

/// <summary>The options, named and written as dbus-daemon's: a value may follow '=' or be the next word.</summary>
internal sealed class CommandLine
{
    private const int MaxBusyPoll = 1000;

    private readonly ConfigurationChoice _configuration = new();
    private readonly Option<string[]> _address = Value("--address", "ADDRESS", "Listen on this address; several are separated by ';'.");
    private readonly Option<string[]> _printAddress = Value("--print-address", "FD", "Print the addresses to use to this descriptor (1).", needsValue: false);
    private readonly Option<string[]> _printPid = Value("--print-pid", "FD", "Print the process id to this descriptor (1).", needsValue: false);
    private readonly Option<bool> _noFork = Switch("--nofork", "Stay in the foreground, though the configuration file says otherwise.");
    private readonly Option<bool> _fork = Switch("--fork", "Detach from the caller as soon as the bus serves.");
    private readonly Option<bool> _noPidFile = Switch("--nopidfile", "Write no pid file, though the configuration file names one.");
    private readonly Option<bool> _noSyslog = Switch("--nosyslog", "Log to standard error only (the default in the foreground).");
    private readonly Option<bool> _syslog = Switch("--syslog", "Log to syslog and standard error.");
    private readonly Option<bool> _syslogOnly = Switch("--syslog-only", "Log to syslog only (the default after --fork).");
    private readonly Option<bool> _systemdActivation = Switch("--systemd-activation", "Ask systemd to start services that name a unit.");
    private readonly Option<bool> _vsockLoopback = Switch("--allow-vsock-loopback", "Let vsock peers of this machine itself connect (for tests).");
    private readonly Option<string[]> _busyPoll = Value("--busy-poll", "MICROSECONDS", "Look for more to do that long before sleeping, at most 1000 (0).");
    private readonly Option<string[]> _limit = Value("--limit", "NAME=VALUE", "Set a limit; may be given several times.");
    private readonly Option<string[]> _stateDirectory = Value("--state-directory", "DIR", "Keep here what must outlive the process.");
    private readonly Option<string[]> _ready = Value(DetachedStart.ReadyOption, "FD", "");
    private readonly Option<string[]> _text = Value(DetachedStart.TextOption, "FD", "");
    private readonly Option<bool> _introspect = Switch("--introspect", "Print the introspection data of the bus and exit.");
    private readonly Option<bool> _version = Switch("--version", "Print the version and exit.");

    // Neither this nor the root is the library's own, which read their texts from a resource at each start.
    private readonly Option<bool> _help = new("--help", "-h") { Arity = ArgumentArity.Zero, Recursive = true };
    private readonly ConfigCheckCommand _check = new();
    private readonly PolicyExplainCommand _explain = new();
    private readonly BuffersCommand _buffers = new();
    private readonly ForwardCommand _forward = new();
    private readonly DoctorCommand _doctor = new();
    private readonly CookieCommand _cookie = new();
    private readonly Command _root = new(RootCommand.ExecutableName, "A D-Bus message bus.");

    internal CommandLine()
    {
        _ready.Hidden = true;
        _text.Hidden = true;
        _root.SetAction(_ => 0); // never invoked; without one the lack of a subcommand is an error, whose text is read as well
        foreach (Option option in (Option[])
        [
            .. _configuration.Options, _address, _printAddress, _printPid, _noFork, _fork, _noPidFile, _noSyslog, _syslog, _syslogOnly,
            _systemdActivation, _vsockLoopback, _busyPoll, _limit, _stateDirectory, _introspect, _version, _help, _ready, _text,
        ])
        {
            _root.Options.Add(option);
        }

        _root.Subcommands.Add(new Command("config", "Look at configuration files.") { _check.Command });
        _root.Subcommands.Add(new Command("policy", "Look at policies.") { _explain.Command });
        _root.Subcommands.Add(_buffers.Command);
        _root.Subcommands.Add(_forward.Command);
        _root.Subcommands.Add(_doctor.Command);
        _root.Subcommands.Add(_cookie.Command);
    }

    /// <summary>Reads the arguments of Main.</summary>
    /// <exception cref="StartException">They are wrong.</exception>
    internal ParsedCommandLine Parse(IReadOnlyList<string> arguments, string workingDirectory)
    {
        RefuseEmptyValues(arguments, _printAddress, _printPid);
        ParseResult result = _root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        CommandLineRequest request = Request(result);
        if (request is CommandLineRequest.ShowHelp or CommandLineRequest.ShowVersion)
        {
            return new ParsedCommandLine(request, new CommandLineChoices(), null, null) { HelpWords = WordsOf(result.CommandResult.Command) };
        }

        if (result.CommandResult.Command != _root)
        {
            return new ParsedCommandLine(CommandLineRequest.RunTool, new CommandLineChoices(), null, null) { Tool = Tool(result, workingDirectory) };
        }

        RefuseUnknown(result);
        CommandLineChoices choices = new()
        {
            ConfigurationFile = _configuration.Find(result, workingDirectory),
            Addresses = Single(result, _address) is { } address ? Addresses(address) : [],
            Limits = Limits(result),
            StateDirectory = Single(result, _stateDirectory) is { } directory ? Path.Combine(workingDirectory, directory) : null,
            PrintAddressDescriptor = Descriptor(result, _printAddress),
            PrintPidDescriptor = Descriptor(result, _printPid),
            Fork = IsLast(result, _fork, _noFork) ? true : IsLast(result, _noFork) ? false : null,
            Syslog = Syslog(result),
            IgnoresPidFile = Given(result, _noPidFile) is not null,
            SystemdActivation = Given(result, _systemdActivation) is not null,
            AllowsVsockLoopback = Given(result, _vsockLoopback) is not null,
            BusyPoll = BusyPoll(result),
        };
        return new ParsedCommandLine(request, choices, Descriptor(result, _ready), Descriptor(result, _text));
    }

    /// <summary>The help, for standard output.</summary>
    /// <param name="words">The command that it is for; empty: the broker itself.</param>
    internal string HelpText(IReadOnlyList<string> words)
    {
        _root.Options[_root.Options.IndexOf(_help)] = new HelpOption("--help", "-h");
        using StringWriter text = new(CultureInfo.InvariantCulture);
        _ = _root.Parse([.. words, "--help"]).Invoke(new InvocationConfiguration { Output = text });
        return text.ToString();
    }

    private static IReadOnlyList<string> WordsOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. WordsOf(parent), command.Name] : [];

    private Func<int> Tool(ParseResult result, string workingDirectory)
    {
        Command command = result.CommandResult.Command;
        if (command == _check.Command)
        {
            return () => _check.Run(result, workingDirectory);
        }

        if (command == _explain.Command)
        {
            return () => _explain.Run(result, workingDirectory);
        }

        if (command == _forward.Command)
        {
            return () => _forward.Run(result, workingDirectory);
        }

        if (command == _cookie.Command)
        {
            return () => _cookie.Run(result);
        }

        if (command == _doctor.Command)
        {
            return () => _doctor.Run(result, Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"));
        }

        if (_buffers.Find(result, Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")) is { } buffers)
        {
            return buffers;
        }

        RefuseUnknown(result);
        throw new StartException($"expected '{command.Subcommands[0].Name}' after '{command.Name}'");
    }

    private CommandLineRequest Request(ParseResult result) =>
        Given(result, _help) is not null ? CommandLineRequest.ShowHelp
        : Given(result, _version) is not null ? CommandLineRequest.ShowVersion
        : Given(result, _introspect) is not null ? CommandLineRequest.ShowIntrospection
        : CommandLineRequest.Run;

    private static IReadOnlyList<ListenAddress> Addresses(string text) =>
        Transports.Known.Addresses.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out string? error)
            ? addresses
            : throw new StartException($"option --address: {error}");

    private List<(string Name, string Value)> Limits(ParseResult result)
    {
        List<(string Name, string Value)> limits = [];
        foreach (string assignment in Values(result, _limit))
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new StartException($"option --limit: '{assignment}' is not of the form NAME=VALUE");
            }

            (string name, string value) = (assignment[..equals], assignment[(equals + 1)..]);
            if (!LimitTable.TrySet(DefaultLimits.Embedded, name, value, out _, out string? error))
            {
                throw new StartException($"option --limit: {error}");
            }

            limits.Add((name, value));
        }

        return limits;
    }

    private TimeSpan BusyPoll(ParseResult result)
    {
        if (Single(result, _busyPoll) is not { } text)
        {
            return TimeSpan.Zero;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int microseconds) && microseconds <= MaxBusyPoll
            ? TimeSpan.FromMicroseconds(microseconds)
            : throw new StartException($"option {_busyPoll.Name}: '{text}' is not a number of microseconds from 0 to {MaxBusyPoll}");
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

    private SyslogMode? Syslog(ParseResult result) =>
        IsLast(result, _syslogOnly, _syslog, _noSyslog) ? SyslogMode.Only
        : IsLast(result, _syslog, _syslogOnly, _noSyslog) ? SyslogMode.Also
        : IsLast(result, _noSyslog) ? SyslogMode.None
        : null;
}
