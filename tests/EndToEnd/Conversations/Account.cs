namespace XcpBroker.EndToEnd.Conversations;

/// <summary>The user and the group that the tests, and so all peers, run as.</summary>
internal static class Account
{
    internal static string User { get; } = Environment.UserName;

    internal static string Group { get; } = FindGroup();

    /// <summary>${user} and ${group} in a configuration.</summary>
    internal static string Expand(string text) =>
        text.Replace("${user}", User, StringComparison.Ordinal).Replace("${group}", Group, StringComparison.Ordinal);

    private static string FindGroup()
    {
        string id = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Gid:", StringComparison.Ordinal)).Split('\t')[2];
        return File.ReadLines("/etc/group").Select(line => line.Split(':')).First(fields => fields[2] == id)[0];
    }
}
