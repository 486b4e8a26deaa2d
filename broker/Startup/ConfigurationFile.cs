using XcpBroker.Config;

namespace XcpBroker.Startup;

/// <summary>Reads configuration files as they are on this host. Blocks: files, and whoever knows the users.</summary>
internal static class ConfigurationFile
{
    /// <summary>The file that our own service reads.</summary>
    internal const string Own = "/etc/xcp-broker/xcp.conf";

    internal static BusConfigReader CreateReader() => new(new HostFiles(), new HostUsers(), new StandardServiceDirectories(
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"),
        Environment.GetEnvironmentVariable("XDG_DATA_HOME"),
        Environment.GetEnvironmentVariable("XDG_DATA_DIRS"),
        Environment.GetEnvironmentVariable("HOME")));

    /// <exception cref="StartException">It is wrong.</exception>
    internal static BusConfiguration Read(string file) => CreateReader().TryRead(file, out BusConfiguration? configuration, out ConfigProblem? problem)
        ? configuration
        : throw new StartException(problem.ToString());

    /// <summary>What to run: the command line and the file that it names.</summary>
    /// <exception cref="StartException">The file is wrong, or what they say together cannot be run.</exception>
    internal static BrokerOptions Resolve(CommandLineChoices choices, AddressSurroundings surroundings)
    {
        BusConfiguration? configuration = choices.ConfigurationFile is { } file ? Read(file) : null;
        return choices.TryApply(configuration, surroundings, out BrokerOptions? options, out string? error)
            ? options
            : throw new StartException(error);
    }
}
