using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>
/// The internal mode of the binary: it makes of itself the process that another program is to find, and executes that program. Written as
/// <c>--internal-exec [word...] -- PATH ARGV0 [ARG...]</c>; the words are an <see cref="ExecRequest"/>.
/// </summary>
/// <remarks>
/// fork(2) is not for a process with a managed runtime: the child would have one thread of several, and every lock as it was. So a child
/// is made by posix_spawn(3) of our own binary, and what has to happen between fork and exec happens here, in a process that may do
/// anything. The process id stays, and the descriptors that do not close on exec.
/// </remarks>
internal static unsafe class InternalExec
{
    internal const string Option = "--internal-exec";
    internal const string Separator = "--";
    private const int CannotExecute = 127;

    /// <summary>Returns only on failure.</summary>
    /// <param name="arguments">All arguments of Main, <see cref="Option"/> first.</param>
    internal static int Run(string[] arguments)
    {
        int separator = Array.IndexOf(arguments, Separator);
        if (separator < 0
            || separator + 2 >= arguments.Length
            || !ExecRequest.TryParse(arguments.AsSpan(1, separator - 1), out ExecRequest? request))
        {
            Descriptors.WriteError($"{Option} is for internal use");
            return 1;
        }

        List<byte[]> words = NativeStrings.OwnArguments();
        List<byte[]> environment = NativeStrings.OwnEnvironment(); // before the user changes: /proc/self is root's afterwards
        int path = words.Count - arguments.Length + separator + 1;
        ExecFailure failure = Prepare(request) ?? Execute(words[path], words[(path + 1)..], environment);
        Report(failure, arguments[separator + 1], request.StatusDescriptor);
        return CannotExecute;
    }

    private static void Report(ExecFailure failure, string program, int? descriptor)
    {
        if (descriptor is not { } status)
        {
            Descriptors.WriteError($"{program}: {failure.Stage.CallName()}: {Marshal.GetPInvokeErrorMessage(failure.Error)}");
            return;
        }

        byte* octets = stackalloc byte[ExecFailure.Size];
        failure.Write(new Span<byte>(octets, ExecFailure.Size));
        _ = LibC.Write(status, octets, ExecFailure.Size); // less than PIPE_BUF: whole
    }

    private static ExecFailure? Prepare(ExecRequest request)
    {
        if (request.StatusDescriptor is { } status)
        {
            Descriptors.CloseOnExec();
            if (request.KeepsStatus)
            {
                Descriptors.SetInheritable(status, true);
            }
        }

        if (request.NewSession && LibC.StartSession() < 0)
        {
            return Failure(ExecStage.StartSession);
        }

        if (request.PlainOomScore)
        {
            OomScore.RaiseToZero();
        }

        if (request.OpenFiles?.Set() is > 0 and int error)
        {
            return new ExecFailure(ExecStage.OpenFiles, error);
        }

        if (request.RootDirectory && LibC.ChangeDirectory("/") < 0)
        {
            return Failure(ExecStage.ChangeDirectory);
        }

        return SetIdentity(request);
    }

    // Groups first: after setresuid nothing of this is allowed any more.
    private static ExecFailure? SetIdentity(ExecRequest request)
    {
        if (request.Groups is { } groups)
        {
            fixed (uint* first = groups.ToArray())
            {
                if (LibC.SetGroups((nuint)groups.Count, first) < 0)
                {
                    return Failure(ExecStage.SetGroups);
                }
            }
        }

        if (request.GroupId is { } group && LibC.SetGroupIds(group, group, group) < 0)
        {
            return Failure(ExecStage.SetGroup);
        }

        return request.UserId is { } user && LibC.SetUserIds(user, user, user) < 0 ? Failure(ExecStage.SetUser) : null;
    }

    private static ExecFailure Execute(byte[] path, List<byte[]> arguments, List<byte[]> environment)
    {
        using NativeStringList program = new([path]);
        using NativeStringList argumentList = new(arguments);
        using NativeStringList environmentList = new(environment);
        ResetSignals();
        _ = LibC.Execute(program.Start[0], argumentList.Start, environmentList.Start);
        return Failure(ExecStage.Execute); // the error number first: the lists are freed after it
    }

    /// <summary>execve(2) resets handlers but keeps what is ignored (SIGPIPE, by the runtime) and what is blocked.</summary>
    /// <remarks>32 and 33 are the C library's own: its posix_spawn ignores them, and it lets nobody change them.</remarks>
    private static void ResetSignals()
    {
        byte* structure = stackalloc byte[LibC.SignalStructureBytes];
        for (int signal = 1; signal <= LibC.HighestSignal; signal++)
        {
            // The handler is the first member of struct sigaction.
            if (LibC.SignalAction(signal, null, structure) == 0 && *(nint*)structure == LibC.SIG_IGN)
            {
                _ = LibC.Signal(signal, LibC.SIG_DFL);
            }
        }

        _ = LibC.EmptySignalSet(structure);
        _ = LibC.SignalMask(LibC.SIG_SETMASK, structure, null);
    }

    private static ExecFailure Failure(ExecStage stage) => new(stage, Marshal.GetLastPInvokeError());
}
