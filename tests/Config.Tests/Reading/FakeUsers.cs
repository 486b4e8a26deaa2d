namespace XcpBroker.Config.Tests.Reading;

/// <summary>A host with the users and groups root (0), messagebus (101), xcp-broker (102) and staff (50).</summary>
internal sealed class FakeUsers : IUserDirectory
{
    internal const uint XcpBroker = 102;

    private static readonly Dictionary<string, uint> Ids = new() { ["root"] = 0, ["messagebus"] = 101, ["staff"] = 50, ["xcp-broker"] = XcpBroker };

    internal int Questions { get; private set; }

    public uint? FindUser(string name) => Find(name);

    public uint? FindGroup(string name) => Find(name);

    private uint? Find(string name)
    {
        Questions++;
        return Ids.TryGetValue(name, out uint id) ? id : null;
    }
}
