using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Spawning;

namespace XcpBroker.Startup;

/// <summary>--fork: the same command again as a child in a session of its own; the caller's process ends when that one serves.</summary>
/// <remarks>The child inherits what the caller left open, so it prints address and process id itself, and its error line if it fails.</remarks>
internal static unsafe class DetachedStart
{
    /// <summary>Hidden option of the child: the descriptor on which it says that it serves.</summary>
    internal const string ReadyOption = "--internal-ready-fd";

    /// <summary>Hidden option of the child: the descriptor of a file with the text of the configuration file.</summary>
    internal const string TextOption = "--internal-config-fd";

    /// <summary>Starts the child and waits.</summary>
    /// <param name="configuration">The configuration file's text, which the child may be unable to read once more; null: there is none.</param>
    /// <returns>The exit status: 0 when the child serves, otherwise the child's.</returns>
    /// <exception cref="StartException">There is no child.</exception>
    internal static int Run(byte[]? configuration)
    {
        int* pair = stackalloc int[2];
        if (LibC.Pipe(pair, LibC.O_CLOEXEC) < 0)
        {
            throw new StartException($"cannot make a pipe: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        List<string> handed = [Option(ReadyOption, pair[1])];
        Descriptors.SetInheritable(pair[1], true);
        if (configuration is not null)
        {
            handed.Add(Option(TextOption, InheritableFile(configuration)));
        }

        int child = Spawn(handed);
        _ = LibC.Close(pair[1]);
        byte ready;
        return ReadOne(pair[0], &ready) == 1 ? 0 : ExitStatus(child);
    }

    /// <summary>Tells the parent, from the child, that the bus serves; and lets go of directory, terminal and pipes.</summary>
    internal static void Complete(int readyDescriptor)
    {
        Directory.SetCurrentDirectory("/");
        Descriptors.Write(readyDescriptor, "\n");
        Descriptors.CloseUnlessStandard(readyDescriptor);
    }

    private static int Spawn(List<string> handed)
    {
        OwnProgram own = OwnProgram.Read();

        // The name of the file is what people see of the process; the kernel's link counts when a package upgrade has replaced the file.
        string path = Environment.ProcessPath is { } file && File.Exists(file) ? file : own.Path;
        ExecRequest request = new() { NewSession = true };
        List<byte[]> words =
        [
            .. own.Words,
            NativeStrings.Encode(InternalExec.Option),
            .. request.ToWords().Select(NativeStrings.Encode),
            NativeStrings.Encode(InternalExec.Separator),
            NativeStrings.Encode(path),
            .. NativeStrings.OwnArguments(),
            .. handed.Select(NativeStrings.Encode),
        ];
        using NativeStringList pathList = new([NativeStrings.Encode(path)]);
        using NativeStringList argumentList = new(words);
        using NativeStringList environment = new(NativeStrings.OwnEnvironment());
        int child;
        int error = LibC.Spawn(&child, pathList.Start[0], null, null, argumentList.Start, environment.Start);
        return error == 0 ? child : throw new StartException($"cannot start {path}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static string Option(string name, int descriptor) => string.Create(CultureInfo.InvariantCulture, $"{name}={descriptor}");

    private static int InheritableFile(byte[] content)
    {
        int file = LibC.MemoryFile("configuration", 0);
        if (file < 0)
        {
            throw new StartException($"cannot keep the configuration: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        Descriptors.Write(file, content);
        return file;
    }

    private static nint ReadOne(int descriptor, byte* octet)
    {
        nint count;
        do
        {
            count = LibC.Read(descriptor, octet, 1);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);

        return count;
    }

    // A child that ended without a word has failed, whatever it says.
    private static int ExitStatus(int child)
    {
        int status;
        while (LibC.WaitProcess(child, &status, 0) < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR)
        {
        }

        int signal = status & 0x7f;
        if (signal != 0)
        {
            Descriptors.WriteError($"the broker was ended by signal {signal} before it served");
            return 1;
        }

        return Math.Max((status >> 8) & 0xff, 1);
    }
}
