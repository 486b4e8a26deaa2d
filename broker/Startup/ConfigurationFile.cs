using System.Globalization;
using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;
using XcpBroker.Reloading;
using XcpBroker.Spawning;
using XcpBroker.Tokens;
using XcpBroker.Transport;

namespace XcpBroker.Startup;

/// <summary>Reads configuration files as they are on this host. Blocks: files, and whoever knows the users.</summary>
internal static class ConfigurationFile
{
    /// <summary>The file that our own service reads.</summary>
    internal const string Own = "/etc/xcp-broker/xcp.conf";

    /// <exception cref="StartException">It is wrong.</exception>
    internal static BusConfiguration Read(string file) => Read(CreateReader(file), file);

    /// <summary>The text of the file that the command line names; null: it names none, or one that cannot be read, as a reader will say.</summary>
    /// <param name="command">The command line; of a detached child it also says where its parent, who has read the file, put the text.</param>
    internal static byte[]? Text(ParsedCommandLine command)
    {
        string? source = command.ConfigurationDescriptor is { } descriptor
            ? string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")
            : command.Choices.ConfigurationFile;
        byte[]? text = null;
        _ = source is not null && new HostFiles().TryRead(source, out text, out _);
        Descriptors.CloseUnlessStandard(command.ConfigurationDescriptor ?? 0);
        return text;
    }

    /// <summary>What to run: the command line and the file that it names.</summary>
    /// <param name="choices">What the command line says.</param>
    /// <param name="text">The file's text; null: it is read.</param>
    /// <param name="surroundings">What relative paths and addresses refer to.</param>
    /// <exception cref="StartException">The file is wrong, or what they say together cannot be run.</exception>
    internal static BrokerOptions Resolve(CommandLineChoices choices, byte[]? text, AddressSurroundings surroundings)
    {
        BusConfiguration? configuration = choices.ConfigurationFile is not { } file ? null
            : text is null ? Read(file)
            : Read(CreateReader(file, text), file);
        return choices.TryApply(configuration, surroundings, out BrokerOptions? options, out string? error)
            ? options
            : throw new StartException(error);
    }

    /// <summary>Where a bus reads again what <see cref="Resolve"/> has read.</summary>
    internal static ConfigurationSource Source(CommandLineChoices choices, AddressSurroundings surroundings) => new()
    {
        Read = () =>
        {
            try
            {
                BrokerOptions options = Resolve(choices, text: null, surroundings);
                return new ConfigurationReading(options, null) { Services = ReadServices(options) };
            }
            catch (StartException e)
            {
                return new ConfigurationReading(null, e.Message);
            }
        },
        Check = Check,
        ReadDomain = text => ReadDomain(text, choices.ConfigurationFile ?? Own),
    };

    /// <summary>What can be started, as the directories of services say now; those that are the bus's to make are there afterwards.</summary>
    internal static ServiceCatalog ReadServices(BrokerOptions options)
    {
        foreach (ServiceDirectory directory in options.ServiceDirectories.Where(directory => directory.IsTransient))
        {
            TransientDirectory.Make(directory.Path);
        }

        return ServiceCatalog.Read(options.ServiceDirectories, ServiceFileReader.Instance, HostIdentity.OwnCredentials().UserId ?? 0);
    }

    private static BusConfigReader CreateReader(string? root = null, byte[]? text = null) => new(new ConfigurationFiles(root, text), new HostUsers(), new StandardServiceDirectories(
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"),
        Environment.GetEnvironmentVariable("XDG_DATA_HOME"),
        Environment.GetEnvironmentVariable("XDG_DATA_DIRS"),
        Environment.GetEnvironmentVariable("HOME")), Transports.Known.Addresses)
    {
        Secrets = new SecretFiles(),
    };

    private static BusConfiguration Read(BusConfigReader reader, string file) =>
        reader.TryRead(file, out BusConfiguration? configuration, out ConfigProblem? problem)
            ? configuration
            : throw new StartException(problem.ToString());

    /// <param name="text">The element.</param>
    /// <param name="file">Relative paths in it begin where this file is.</param>
    private static DomainReading ReadDomain(ReadOnlyMemory<byte> text, string file) =>
        CreateReader().TryReadDomain(text, file, out DomainDeclaration? declaration, out ConfigProblem? problem)
            ? new DomainReading(declaration, null)
            : new DomainReading(null, problem.Message);

    /// <summary>What is to be said of a configuration that can be read: also that no bus can start with it on this host as it is now.</summary>
    internal static IReadOnlyList<string> WarningsOf(BusConfiguration configuration)
    {
        List<string> warnings = [.. configuration.Warnings.Select(warning => warning.ToString())];
        if (configuration.User is { } user)
        {
            int error = HostUsers.Find(user, out UserAccount? account);
            if (account is null)
            {
                warnings.Add(new ConfigProblem(configuration.File, 0, 0, $"no bus can start as <user> says: {SpawnError.UnknownUser(user, error).Message}").ToString());
            }
        }

        return warnings;
    }

    private static ConfigurationCheck Check(ReadOnlyMemory<byte> text) =>
        CreateReader().TryReadText(text, "text", out BusConfiguration? configuration, out ConfigProblem? problem)
            ? new ConfigurationCheck([], WarningsOf(configuration))
            : new ConfigurationCheck([problem.ToString()], []);
}
