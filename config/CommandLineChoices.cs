using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>What a command line says, and what it leaves to the configuration file.</summary>
public sealed record CommandLineChoices
{
    /// <summary>As dbus-daemon's sockets: who may use them is decided by the policy.</summary>
    private const UnixFileMode ForEverybody = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The configuration file; null: none.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Addresses instead of the file's; empty: the file's.</summary>
    public IReadOnlyList<ListenAddress> Addresses { get; init; } = [];

    /// <summary>Whether to detach; null: as the file says.</summary>
    public bool? Fork { get; init; }

    /// <summary>Where to log; null: as the file says.</summary>
    public SyslogMode? Syslog { get; init; }

    /// <summary>Whether the file's pidfile is not written.</summary>
    public bool IgnoresPidFile { get; init; }

    /// <summary>Whether services are started by asking systemd.</summary>
    public bool SystemdActivation { get; init; }

    /// <summary>As <see cref="BrokerOptions.AllowsVsockLoopback"/>.</summary>
    public bool AllowsVsockLoopback { get; init; }

    /// <summary>As <see cref="BrokerOptions.BusyPoll"/>.</summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>Limits on top of the file's: names and values that <see cref="LimitTable.TrySet"/> takes.</summary>
    public IReadOnlyList<(string Name, string Value)> Limits { get; init; } = [];

    /// <summary>As <see cref="BrokerOptions.StateDirectory"/>.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>As <see cref="BrokerOptions.PrintAddressDescriptor"/>.</summary>
    public int? PrintAddressDescriptor { get; init; }

    /// <summary>As <see cref="BrokerOptions.PrintPidDescriptor"/>.</summary>
    public int? PrintPidDescriptor { get; init; }

    /// <summary>Makes options of them: the command line counts, then the file, then what is built in.</summary>
    /// <param name="configuration">What the configuration file says; null: there is none.</param>
    /// <param name="surroundings">What relative paths and addresses refer to.</param>
    /// <param name="options">What to run; without addresses if there are neither any here nor a file.</param>
    /// <param name="error">Why these cannot be run.</param>
    public bool TryApply(
        BusConfiguration? configuration,
        AddressSurroundings surroundings,
        [NotNullWhen(true)] out BrokerOptions? options,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        options = null;
        bool fork = Fork ?? configuration?.Fork ?? false;
        BrokerOptions common = new()
        {
            Addresses = Addresses.Count > 0 ? Addresses : configuration?.Addresses ?? [],
            Surroundings = surroundings,
            StateDirectory = StateDirectory,
            PrintAddressDescriptor = PrintAddressDescriptor,
            PrintPidDescriptor = PrintPidDescriptor,
            Fork = fork,
            Syslog = Syslog ?? (fork ? SyslogMode.Only : configuration?.Syslog == true ? SyslogMode.Also : SyslogMode.None),
            SystemdActivation = SystemdActivation,
            AllowsVsockLoopback = AllowsVsockLoopback,
            BusyPoll = BusyPoll,
        };
        if (configuration is not null)
        {
            if (common.Addresses.Count == 0)
            {
                error = configuration.UnusableAddresses[0].ToString();
                return false;
            }

            common = common with
            {
                Configuration = configuration,
                BusType = configuration.Type,
                Limits = configuration.Limits,
                Policy = configuration.Policy,
                Domains = configuration.Domains,
                SocketMode = ForEverybody,
                AuthMechanisms = configuration.AuthMechanisms,
                AllowAnonymous = configuration.AllowAnonymous,
                ServiceDirectories = configuration.ServiceDirectories,
                Buffers = configuration.Buffers,
                ServiceHelper = configuration.ServiceHelper,
                DomainStarter = configuration.DomainStarter,
                Xenstore = configuration.Xenstore,
                User = configuration.User,
                KeepUmask = configuration.KeepUmask,
                PidFile = IgnoresPidFile || configuration.PidFile is null ? null : Path.Combine(surroundings.WorkingDirectory, configuration.PidFile),
            };
        }

        if (common.Fork && common.Addresses.OfType<SystemdListenAddress>().FirstOrDefault() is { } passed)
        {
            error = $"{passed}: cannot be used with --fork or <fork/>: systemd passes its sockets to the process that it started, not to a child";
            return false;
        }

        return TrySetLimits(common, out options, out error);
    }

    private bool TrySetLimits(BrokerOptions common, [NotNullWhen(true)] out BrokerOptions? options, [NotNullWhen(false)] out string? error)
    {
        options = null;
        error = null;
        LimitOptions limits = common.Limits;
        foreach ((string name, string value) in Limits)
        {
            if (!LimitTable.TrySet(limits, name, value, out LimitOptions? changed, out error))
            {
                return false;
            }

            limits = changed;
        }

        options = common with { Limits = limits };
        return true;
    }
}
