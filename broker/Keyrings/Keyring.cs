using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Interop;

namespace XcpBroker.Keyrings;

/// <summary>A file of cookies that clients of one user can read, and that every D-Bus server of that user adds to.</summary>
/// <param name="owner">The user.</param>
/// <param name="clock">Tells how old cookies are.</param>
/// <param name="pause">Waits, while another server has the lock.</param>
/// <remarks>
/// Whoever changes the file holds its lock, a file made with O_EXCL. Readers don't: the file is replaced as a whole.
/// Source: specification, "Authentication mechanisms", DBUS_COOKIE_SHA1; the patience with a lock is dbus-daemon's (dbus/dbus-keyring.c).
/// </remarks>
internal sealed class Keyring(IKeyringOwner owner, TimeProvider clock, Action<TimeSpan> pause)
{
    /// <summary>The keyring that dbus-daemon uses; it may hold no blank, slash or dot.</summary>
    internal const string Context = "org_freedesktop_general";

    private const string DirectoryName = ".dbus-keyrings";
    private const string LockFile = Context + ".lock";
    private const int LockTries = 32;
    private const int SecretBytes = 24;
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(250);

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The youngest cookie that a client can be asked to know; a new one if all are too old. May wait for eight seconds.</summary>
    /// <exception cref="IOException">The keyring cannot be used; the text says why.</exception>
    internal Cookie OfferCookie()
    {
        string home = owner.Home ?? throw new IOException($"uid {owner.UserId} has no home directory");
        using KeyringDirectory directory = KeyringDirectory.Open($"{home}/{DirectoryName}", owner.UserId);
        if (Youngest(KeyringFile.Parse(directory.Read(Context))) is { } present)
        {
            return present;
        }

        Lock(directory);
        try
        {
            return OfferLocked(directory);
        }
        finally
        {
            directory.Delete(LockFile);
        }
    }

    private Cookie OfferLocked(KeyringDirectory directory)
    {
        long now = Now;
        List<Cookie> kept = [.. KeyringFile.Parse(directory.Read(Context)).Where(cookie => CookieAges.IsKept(cookie, now))];
        if (Youngest(kept) is { } anothers)
        {
            return anothers;
        }

        Cookie made = new(NewId(kept), now, Convert.ToHexStringLower(SecureRandom.Bytes(SecretBytes)));
        directory.Replace(Context, KeyringFile.Format([.. kept.TakeLast(KeyringFile.MaxCookies - 1), made]));
        return made;
    }

    private Cookie? Youngest(IEnumerable<Cookie> cookies)
    {
        long now = Now;
        Cookie[] offered = [.. cookies.Where(cookie => CookieAges.IsOffered(cookie, now))];
        return offered.Length == 0 ? null : offered.MaxBy(cookie => cookie.CreationTime);
    }

    private static uint NewId(List<Cookie> taken)
    {
        uint id;
        do
        {
            id = BitConverter.ToUInt32(SecureRandom.Bytes(sizeof(uint))) & int.MaxValue;
        }
        while (taken.Exists(cookie => cookie.Id == id));

        return id;
    }

    /// <summary>A lock that nobody gives back in eight seconds is one whose holder has died.</summary>
    private void Lock(KeyringDirectory directory)
    {
        for (int i = 0; i < LockTries; i++)
        {
            if (directory.TryCreate(LockFile))
            {
                return;
            }

            pause(LockRetry);
        }

        directory.Delete(LockFile);
        if (!directory.TryCreate(LockFile))
        {
            throw new IOException($"{LockFile}: another server takes the lock again and again");
        }
    }
}
