using System.CommandLine;
using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Services;

namespace XcpBroker.Startup;

/// <summary><c>xcp-broker config check [FILE]</c>: reads a configuration, and the service directories that it names, as a start would, and says what is wrong with it.</summary>
internal sealed class ConfigCheckCommand
{
    private readonly Argument<string[]> _file = new("FILE")
    {
        Description = $"The configuration file ({ConfigurationFile.Own}).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal ConfigCheckCommand()
    {
        Command = new Command("check", "Read a configuration file and all that it includes, without starting a bus.");
        Command.Arguments.Add(_file);
    }

    internal Command Command { get; }

    /// <returns>The exit status: 0 if a bus can start with it.</returns>
    /// <exception cref="StartException">It cannot.</exception>
    internal int Run(ParseResult result, string workingDirectory)
    {
        CommandLineWords.RefuseUnknown(result);
        string[] files = result.GetValue(_file) ?? [];
        if (files.Length > 1)
        {
            throw new StartException($"unexpected argument '{files[1]}'");
        }

        string file = files.Length == 0 ? ConfigurationFile.Own : Path.Combine(workingDirectory, files[0]);
        BusConfiguration configuration = ConfigurationFile.Read(file);
        ServiceCatalog services = ServiceCatalog.Read(
            configuration.ServiceDirectories, ServiceFileReader.Instance, HostIdentity.OwnCredentials().UserId ?? 0);
        string[] warnings =
        [
            .. ConfigurationFile.WarningsOf(configuration),
            .. services.Warnings.Concat(services.Remarks).Select(warning => new ConfigProblem(warning.Path, 0, 0, warning.Text).ToString()),
        ];
        foreach (string warning in warnings)
        {
            Descriptors.WriteError($"warning: {warning}");
        }

        string type = configuration.Type is null ? "" : $"type {configuration.Type}, ";
        int rules = configuration.Policy.Entries.Count;
        Descriptors.Write(Descriptors.StandardOutput, $"{file}: {type}{configuration.Files.Count} files looked for, {rules} rules, {services.Names.Count} services, {warnings.Length} warnings\n");
        return 0;
    }
}
