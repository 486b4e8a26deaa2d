using System.Buffers.Binary;

namespace XcpBroker.Startup;

/// <summary>How far <see cref="InternalExec"/> came. The numbers pass between two processes of one binary.</summary>
internal enum ExecStage
{
    StartSession = 1,
    OpenFiles = 2,
    SetGroups = 3,
    SetGroup = 4,
    SetUser = 5,
    ChangeDirectory = 6,
    Execute = 7,
}

/// <summary>Why a process did not become the program that it was made for.</summary>
/// <param name="Stage">What failed.</param>
/// <param name="Error">The error number.</param>
internal readonly record struct ExecFailure(ExecStage Stage, int Error)
{
    /// <summary>Bytes of one on the descriptor that <see cref="ExecRequest.StatusDescriptor"/> names; nothing is written there if all is well.</summary>
    internal const int Size = 8;

    internal static ExecFailure? TryRead(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size && BinaryPrimitives.ReadInt32LittleEndian(bytes) is >= (int)ExecStage.StartSession and <= (int)ExecStage.Execute and int stage
            ? new ExecFailure((ExecStage)stage, BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]))
            : null;

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Stage);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], Error);
    }
}

/// <summary>Names for people.</summary>
internal static class ExecStages
{
    /// <summary>The system call.</summary>
    internal static string CallName(this ExecStage stage) => stage switch
    {
        ExecStage.StartSession => "setsid",
        ExecStage.OpenFiles => "setrlimit",
        ExecStage.SetGroups => "setgroups",
        ExecStage.SetGroup => "setresgid",
        ExecStage.SetUser => "setresuid",
        ExecStage.ChangeDirectory => "chdir",
        _ => "execve",
    };
}
