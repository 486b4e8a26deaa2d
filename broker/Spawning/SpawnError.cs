using System.Runtime.InteropServices;
using XcpBroker.Protocol;
using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>Why there is no process, in the words for those who wait for it.</summary>
internal static class SpawnError
{
    /// <summary>No process could be made.</summary>
    internal static DBusError Fork(int error) => new(ErrorNames.SpawnForkFailed, $"cannot make a process: {Text(error)}");

    /// <summary>Something that the process needs could not be had.</summary>
    internal static DBusError Failed(string what, int error) => new(ErrorNames.SpawnFailed, $"{what}: {Text(error)}");

    /// <summary>The process was made, but could not be made into the program.</summary>
    internal static DBusError Exec(string program, ExecFailure failure) => failure.Stage == ExecStage.Execute
        ? new DBusError(ErrorNames.SpawnExecFailed, $"cannot execute {program}: {Text(failure.Error)}")
        : new DBusError(ErrorNames.SpawnFailedToSetup, $"cannot set up the process for {program}: {failure.Stage.CallName()}: {Text(failure.Error)}");

    /// <summary>User= names nobody, or nobody knows.</summary>
    internal static DBusError UnknownUser(string user, int error) =>
        new(ErrorNames.SpawnFailedToSetup, error == 0 ? $"there is no user {user}" : $"cannot look up the user {user}: {Text(error)}");

    /// <summary>User= is another than ours, and we are not root.</summary>
    internal static DBusError NotPermitted(string user) => new(
        ErrorNames.SpawnPermissionsInvalid, $"the service must run as {user}, which the bus, not being root, cannot start it as");

    private static string Text(int error) => Marshal.GetPInvokeErrorMessage(error);
}
