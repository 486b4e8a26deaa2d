using System.Globalization;

namespace XcpBroker.Startup;

/// <summary>/proc/self/oom_score_adj (proc(5)).</summary>
internal static class OomScore
{
    private const string Score = "/proc/self/oom_score_adj";

    /// <summary>
    /// Gives up a protection from the out-of-memory killer: the bus has one, since without it nothing works; what it starts must not be
    /// spared for that (dbus-daemon does the same).
    /// </summary>
    internal static void RaiseToZero()
    {
        try
        {
            if (int.Parse(File.ReadAllText(Score), CultureInfo.InvariantCulture) < 0)
            {
                File.WriteAllText(Score, "0");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Without /proc it stays as it is: no reason not to start a service.
        }
    }
}
