using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Startup;

namespace XcpBroker.Spawning.Helper;

/// <summary>
/// The hidden mode of the binary that stays root when the bus does not: <c>--internal-root-helper WORD...</c>, standard input being its end
/// of the socket; the words are <see cref="HelperOptions"/>.
/// </summary>
internal static class RootHelper
{
    internal const string Option = "--internal-root-helper";
    private const int Socket = 0;

    /// <summary>Runs until the bus closes its end, by whatever death it dies.</summary>
    internal static int Run(ReadOnlySpan<string> words)
    {
        if (!HelperOptions.TryParse(words, out HelperOptions? options) || LibC.GetEffectiveUserId() != 0)
        {
            Descriptors.WriteError($"{Option} is for internal use");
            return 1;
        }

        // A signal to all of a service's processes, or to a terminal's, must not take it away before the bus.
        foreach (int signal in (ReadOnlySpan<int>)[LibC.SIGHUP, LibC.SIGINT, LibC.SIGTERM])
        {
            _ = LibC.Signal(signal, LibC.SIG_IGN);
        }

        int socket = LibC.DescriptorControl(Socket, LibC.F_DUPFD_CLOEXEC, Descriptors.StandardError + 1);
        Descriptors.ReplaceInput();
        EndedFile[] files = [.. options.RemovedAtEnd.Select(path => new EndedFile(path))];
        EpollBusLoop loop = new(TimeProvider.System);
        ChildSpawner spawner = new(OwnProgram.Read(), OpenFileLimit.Read());
        _ = new HelperServer(new ChildHost(loop, spawner, 0), socket, options, new TrustedDescriptors(options.ServiceDirectories));
        loop.Run();
        foreach (EndedFile file in files)
        {
            file.Remove();
        }

        return 0;
    }
}
