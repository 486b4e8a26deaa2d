namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>The program that starts domains has failed.</summary>
    /// <param name="domain">Which one.</param>
    /// <param name="status">Its exit status; meaningless if a signal ended it.</param>
    /// <param name="signal">The signal, or 0.</param>
    public static DBusError DomainNotStarted(string domain, int status, int signal) => signal != 0
        ? new DBusError(ErrorNames.SpawnChildSignaled, $"The program that starts the domain \"{domain}\" was ended by signal {signal}.")
        : new DBusError(ErrorNames.SpawnChildExited, $"The program that starts the domain \"{domain}\" ended with status {status}.");

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
