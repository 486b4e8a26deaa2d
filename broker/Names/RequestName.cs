namespace XcpBroker.Names;

/// <summary>DBUS_NAME_FLAG_*: how a name is asked for. Other bits are ignored.</summary>
/// <remarks>Source: specification, "org.freedesktop.DBus.RequestName".</remarks>
[Flags]
internal enum RequestNameFlags : uint
{
    None = 0,

    /// <summary>DBUS_NAME_FLAG_ALLOW_REPLACEMENT: remembered.</summary>
    AllowReplacement = 1,

    /// <summary>DBUS_NAME_FLAG_REPLACE_EXISTING: looked at once, when the name is asked for.</summary>
    ReplaceExisting = 2,

    /// <summary>DBUS_NAME_FLAG_DO_NOT_QUEUE: remembered.</summary>
    DoNotQueue = 4,
}

/// <summary>DBUS_REQUEST_NAME_REPLY_*: what RequestName answers.</summary>
internal enum RequestNameReply : uint
{
    PrimaryOwner = 1,
    InQueue = 2,
    Exists = 3,
    AlreadyOwner = 4,
}

/// <summary>DBUS_RELEASE_NAME_REPLY_*: what ReleaseName answers.</summary>
internal enum ReleaseNameReply : uint
{
    /// <summary>The claim is gone, whether it owned the name or only waited for it.</summary>
    Released = 1,
    NonExistent = 2,
    NotOwner = 3,
}
