namespace XcpBroker.Config;

/// <summary>Users and groups of the host, by name.</summary>
public interface IUserDirectory
{
    /// <summary>The uid of a user; null: there is none of that name.</summary>
    uint? FindUser(string name);

    /// <summary>The gid of a group; null: there is none of that name.</summary>
    uint? FindGroup(string name);
}
