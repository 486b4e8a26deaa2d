using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Startup;

namespace XcpBroker.Spawning.Helper;

/// <summary>
/// The hidden mode of the binary that stays root when the bus does not: <c>--internal-root-helper WORD...</c>, standard input being its end
/// of the socket; the words are <see cref="HelperOptions"/>.
/// </summary>
internal static unsafe class RootHelper
{
    internal const string Option = "--internal-root-helper";
    private const int Socket = 0;

    /// <summary>What ps(1) and top(1) show; without it "exe", the name of the link that is executed. At most 15 bytes.</summary>
    private static ReadOnlySpan<byte> Name => "xcp-broker-root\0"u8;

    /// <summary>Runs until the bus closes its end, by whatever death it dies.</summary>
    internal static int Run(ReadOnlySpan<string> words)
    {
        if (!HelperOptions.TryParse(words, out HelperOptions? options) || LibC.GetEffectiveUserId() != 0)
        {
            Descriptors.WriteError($"{Option} is for internal use");
            return 1;
        }

        SetName();

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
        using (new HelperServer(new ChildHost(loop, spawner, 0), socket, options, new TrustedDescriptors(options.ServiceDirectories)))
        {
            loop.Run();
        }

        WaitForTheBus(socket);
        foreach (EndedFile file in files)
        {
            file.Remove();
        }

        return 0;
    }

    /// <summary>A helper that was sent nonsense serves no more, but the bus may live, and needs its files as long as it does.</summary>
    private static void WaitForTheBus(int socket)
    {
        const int Size = 64;
        byte* ignored = stackalloc byte[Size];
        _ = LibC.Shutdown(socket, LibC.SHUT_WR);
        while (LibC.Read(socket, ignored, Size) > 0 || Marshal.GetLastPInvokeError() == LibC.EINTR)
        {
        }
    }

    private static void SetName()
    {
        fixed (byte* name = Name)
        {
            _ = LibC.ProcessControl(LibC.PR_SET_NAME, (nuint)name, 0, 0, 0);
        }
    }
}
