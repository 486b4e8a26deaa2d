using System.ComponentModel;
using XcpBroker.Client;
using XcpBroker.Config;
using XcpBroker.Driver;
using XcpBroker.Interop;
using XcpBroker.Spawning.Helper;

namespace XcpBroker.Startup;

/// <summary>What Main does, in an order that matters: descriptors before anything is opened, the internal modes before any option is read.</summary>
internal static class EntryPoint
{
    private const int Failed = 1;

    /// <returns>The exit status.</returns>
    internal static int Run(string[] arguments)
    {
        Descriptors.FillStandardStreams();
        if (arguments is [InternalExec.Option, ..])
        {
            return InternalExec.Run(arguments);
        }

        // Who ignores it, as our caller may have, is not told how its children ended.
        _ = LibC.Signal(LibC.SIGCHLD, LibC.SIG_DFL);

        // A log file that may not grow any more costs log lines, not the bus.
        _ = LibC.Signal(LibC.SIGXFSZ, LibC.SIG_IGN);
        if (arguments is [RootHelper.Option, ..])
        {
            return RootHelper.Run(arguments.AsSpan(1));
        }

        if (arguments is [UnitStart.Option, ..])
        {
            return UnitStart.Run(arguments.AsSpan(1));
        }

        try
        {
            return Run(arguments, new CommandLine());
        }
        catch (Exception e) when (e is StartException or Win32Exception)
        {
            // The latter: not even a loop could be made. Once one turns, what happens on it is not heard of here.
            Descriptors.WriteError(e.Message);
            return Failed;
        }
    }

    private static int Run(string[] arguments, CommandLine commandLine)
    {
        string workingDirectory = WorkingDirectory();
        ParsedCommandLine command = commandLine.Parse(arguments, workingDirectory);
        switch (command.Request)
        {
            case CommandLineRequest.ShowHelp:
                Descriptors.Write(Descriptors.StandardOutput, commandLine.HelpText(command.HelpWords));
                return 0;
            case CommandLineRequest.ShowVersion:
                Descriptors.Write(Descriptors.StandardOutput, $"xcp-broker {typeof(EntryPoint).Assembly.GetName().Version?.ToString(3)}\n");
                return 0;
            case CommandLineRequest.ShowIntrospection:
                Descriptors.Write(Descriptors.StandardOutput, StandardIntrospection.Render("/org/freedesktop/DBus"));
                return 0;
            case CommandLineRequest.RunTool:
                return command.Tool!();
            default:
                AddressSurroundings surroundings = new(workingDirectory, Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"));
                byte[]? text = ConfigurationFile.Text(command);
                BrokerOptions options = ConfigurationFile.Resolve(command.Choices, text, surroundings);
                return options.Fork && command.ReadyDescriptor is null
                    ? DetachedStart.Run(text)
                    : BrokerProcess.Run(options, ConfigurationFile.Source(command.Choices, surroundings), command.ReadyDescriptor);
        }
    }

    /// <summary>A directory that is gone concerns only relative paths.</summary>
    private static string WorkingDirectory()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (IOException)
        {
            return "/";
        }
    }
}
