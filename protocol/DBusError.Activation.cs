namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>A service's program ended with a status other than 0 before it owned its name.</summary>
    public static DBusError ServiceExited(string name, int status) =>
        new(ErrorNames.SpawnChildExited, $"The program of \"{name}\" exited with status {status} before it owned the name.");

    /// <summary>A signal ended a service's program before it owned its name.</summary>
    public static DBusError ServiceSignaled(string name, int signal) =>
        new(ErrorNames.SpawnChildSignaled, $"The program of \"{name}\" was ended by signal {signal} before it owned the name.");

    /// <summary>A service took too long to own its name.</summary>
    public static DBusError StartTimedOut(string name, TimeSpan timeout) =>
        new(ErrorNames.TimedOut, $"\"{name}\" was not owned within service_start_timeout={timeout.TotalMilliseconds:0} ms of this bus.");
}
