using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using XcpBroker.Config;
using XcpBroker.Diagnostics;
using XcpBroker.Forwarding;
using XcpBroker.Transport;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary><c>xcp-broker forward</c>: a socket of this machine behind which there is a bus on another one. docs/driver-domains.md.</summary>
internal sealed class ForwardCommand
{
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly Option<string[]> _listen = Value("--listen", "ADDRESS", "Where clients connect: unix:path= or unix:abstract=.");
    private readonly Option<string[]> _allowUser = Value("--allow-uid", "UID", "Lets this user use it, besides root and its own; may be given several times.");
    private readonly Option<string[]> _wait = Value("--wait", "SECONDS", "How long a client waits for a bus that cannot be reached (30).");
    private readonly BusOptions _bus = new("--to");

    internal ForwardCommand()
    {
        Command = new Command("forward", "Serve a bus of another machine on a Unix socket of this one.") { _listen, _allowUser, _wait };
        foreach (Option option in _bus.All)
        {
            Command.Options.Add(option);
        }
    }

    internal Command Command { get; }

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="StartException">The words are wrong, or it cannot listen.</exception>
    internal int Run(ParseResult result, string workingDirectory)
    {
        RefuseUnknown(result);
        ForwardOptions options = Read(result, workingDirectory);
        using ILoggerFactory logging = LogSetup.Create(SyslogMode.None);
        ILogger log = logging.CreateLogger(ForwardLog.Category);
        using StopSignals signals = new(log);
        int socket = UnixSocketOpener.Open(options.Listen, OwnerAndGroup);
        try
        {
            using Forwarder forwarder = new(options, socket, log);
            using CancellationTokenRegistration stop = signals.Requested.Register(forwarder.RequestStop);
            ForwardLog.Serving(log, options.Listen.ToString(), options.Bus.ToString());
            ServiceManager.FromEnvironment().Notify(ServiceState.Ready, log);
            forwarder.Run();
            return 0;
        }
        finally
        {
            if (options.Listen.Kind == UnixAddressKind.Path)
            {
                File.Delete(options.Listen.Value);
            }
        }
    }

    private static uint Number(string option, string text, uint most) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number <= most
            ? number
            : throw new StartException($"option {option}: '{text}' is not a number up to {most}");

    private ForwardOptions Read(ParseResult result, string workingDirectory)
    {
        string written = Single(result, _listen) ?? throw new StartException("option --listen must be given");
        if (!Transports.Known.Addresses.TryParse(written, out IReadOnlyList<ListenAddress>? addresses, out string? error)
            || addresses is not [UnixListenAddress { Kind: UnixAddressKind.Path or UnixAddressKind.Abstract } listen])
        {
            throw new StartException($"option --listen: {error ?? $"'{written}' is not one unix:path= or unix:abstract="}");
        }

        if (!listen.TryResolve(new AddressSurroundings(workingDirectory, null), out UnixListenAddress? resolved, out error))
        {
            throw new StartException($"option --listen: {error}");
        }

        BusFinder bus = _bus.Choose(result);
        ForwardOptions options = new(resolved, bus)
        {
            AllowedUsers = [.. Values(result, _allowUser).Select(text => Number("--allow-uid", text, uint.MaxValue - 1))],
        };
        if (bus.IsFixed)
        {
            bus.Find(TimeSpan.Zero).CheckAddress();
        }

        return Single(result, _wait) is { } wait ? options with { Patience = TimeSpan.FromSeconds(Number("--wait", wait, 3600)) } : options;
    }
}
