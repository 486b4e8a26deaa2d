using System.Globalization;

namespace XcpBroker.Startup;

/// <summary>The descriptors that a service manager has opened for us: $LISTEN_PID, $LISTEN_FDS, $LISTEN_FDNAMES. Source: sd_listen_fds(3).</summary>
internal static class PassedSockets
{
    private const int First = 3;
    private const int Most = 4096; // no service has so many; a number beyond is no count of descriptors
    private const string ProcessVariable = "LISTEN_PID";
    private const string CountVariable = "LISTEN_FDS";
    private const string NamesVariable = "LISTEN_FDNAMES";
    private const string UnnamedSocket = "unknown"; // as sd_listen_fds_with_names(3) says

    /// <summary>What these variables are about is ours alone: they are not for the environment of what we start.</summary>
    internal static bool IsVariable(string name) => name is ProcessVariable or CountVariable or NamesVariable or "LISTEN_PIDFDID";

    /// <summary>The descriptors and their names, from now on closed on exec; none if none were passed, or not to this process.</summary>
    internal static IReadOnlyList<(int Descriptor, string Name)> Take()
    {
        IReadOnlyList<(int Descriptor, string Name)> passed = Read(
            Environment.GetEnvironmentVariable(ProcessVariable),
            Environment.GetEnvironmentVariable(CountVariable),
            Environment.GetEnvironmentVariable(NamesVariable),
            Environment.ProcessId);
        foreach ((int descriptor, _) in passed)
        {
            Descriptors.SetInheritable(descriptor, false);
        }

        return passed;
    }

    /// <summary>What the variables say; numbers only as systemd writes them.</summary>
    internal static IReadOnlyList<(int Descriptor, string Name)> Read(string? process, string? count, string? names, int ownProcess)
    {
        if (process != ownProcess.ToString(CultureInfo.InvariantCulture)
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || number > Most)
        {
            return [];
        }

        string[] named = string.IsNullOrEmpty(names) ? [] : names.Split(':');
        return [.. Enumerable.Range(0, number).Select(i => (First + i, i < named.Length ? named[i] : UnnamedSocket))];
    }
}
