using System.Collections;
using System.Runtime.InteropServices;

namespace XcpBroker.Peers.Interop;

/// <summary>A child started with chosen descriptors, default signals and an empty signal mask.</summary>
/// <remarks>Process.Start can hand over no descriptor without a race against every other start in this process; posix_spawn can.</remarks>
internal sealed unsafe class ChildProcess : IDisposable
{
    private const int OpaqueBytes = 512;
    private const short SetSignalDefaults = 4;
    private const short SetSignalMask = 8;
    private readonly int _watch;
    private int _status;
    private bool _reaped;

    private ChildProcess(int pid)
    {
        Pid = pid;
        _watch = LibC.Check(LibC.OpenProcess(pid, 0), "pidfd_open");
    }

    internal int Pid { get; }

    /// <summary>The exit status, 128 + signal for one that was killed, null while it runs.</summary>
    internal int? ExitCode => !HasExited ? null : (_status & 0x7f) == 0 ? (_status >> 8) & 0xff : 128 + (_status & 0x7f);

    internal bool HasExited => WaitForExit(TimeSpan.Zero);

    /// <summary>Starts a program.</summary>
    /// <param name="arguments">The program (looked up in PATH) and what follows it.</param>
    /// <param name="environment">What is added to our own environment, or replaced in it.</param>
    /// <param name="descriptors">Descriptor n of the list becomes descriptor n of the child; all others of ours that close on exec are closed.</param>
    internal static ChildProcess Start(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyList<int> descriptors)
    {
        byte* actions = stackalloc byte[OpaqueBytes];
        byte* attributes = stackalloc byte[OpaqueBytes];
        byte* signals = stackalloc byte[128];
        int* safe = stackalloc int[descriptors.Count];
        byte** argumentBlock = Block(arguments);
        byte** environmentBlock = Block(Merge(environment));
        _ = LibC.SpawnActionsCreate(actions);
        _ = LibC.SpawnAttributesCreate(attributes);
        _ = LibC.SpawnAttributesSetFlags(attributes, SetSignalDefaults | SetSignalMask);
        new Span<byte>(signals, 128).Clear();
        _ = LibC.SpawnAttributesSetSignalMask(attributes, signals);
        new Span<byte>(signals, 128).Fill(0xff);
        _ = LibC.SpawnAttributesSetDefaultSignals(attributes, signals);
        try
        {
            for (int i = 0; i < descriptors.Count; i++)
            {
                safe[i] = LibC.Check(LibC.Control(descriptors[i], LibC.DuplicateCloseOnExec, 64), "fcntl");
                _ = LibC.SpawnActionsDuplicate(actions, safe[i], i);
            }

            int pid;
            int error = LibC.Spawn(&pid, argumentBlock[0], actions, attributes, argumentBlock, environmentBlock);
            return error == 0 ? new ChildProcess(pid) : throw LibC.Failure(error, arguments[0]);
        }
        finally
        {
            for (int i = 0; i < descriptors.Count; i++)
            {
                _ = LibC.Close(safe[i]);
            }

            _ = LibC.SpawnActionsDestroy(actions);
            _ = LibC.SpawnAttributesDestroy(attributes);
            Free(argumentBlock);
            Free(environmentBlock);
        }
    }

    internal void Signal(int signal)
    {
        if (!HasExited)
        {
            _ = LibC.SendSignal(Pid, signal);
        }
    }

    /// <summary>False when it still runs after that time.</summary>
    internal bool WaitForExit(TimeSpan timeout)
    {
        if (_reaped)
        {
            return true;
        }

        if (!StreamSocket.Wait(_watch, LibC.PollIn, timeout))
        {
            return false;
        }

        int status;
        if (LibC.WaitProcess(Pid, &status, LibC.NoHang) == Pid)
        {
            _status = status;
        }

        _reaped = true;
        return true;
    }

    /// <summary>Kills what still runs.</summary>
    public void Dispose()
    {
        Signal(LibC.Kill);
        _ = WaitForExit(TimeSpan.FromSeconds(5));
        _ = LibC.Close(_watch);
    }

    private static List<string> Merge(IReadOnlyDictionary<string, string> added)
    {
        List<string> merged = [];
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (!added.ContainsKey((string)entry.Key))
            {
                merged.Add($"{entry.Key}={entry.Value}");
            }
        }

        foreach (KeyValuePair<string, string> entry in added)
        {
            merged.Add($"{entry.Key}={entry.Value}");
        }

        return merged;
    }

    private static byte** Block(IReadOnlyList<string> strings)
    {
        byte** block = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Count; i++)
        {
            block[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        return block;
    }

    private static void Free(byte** block)
    {
        for (byte** entry = block; *entry != null; entry++)
        {
            Marshal.FreeCoTaskMem((nint)(*entry));
        }

        NativeMemory.Free(block);
    }
}
