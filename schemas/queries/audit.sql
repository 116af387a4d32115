-- Who did what, when, from where: looks at records, corrections, exports, sign-ins, the latest first. Without an account
-- and a student, of everybody.
-- Parameters: account, student, from_date, to_date
SELECT toDate(at, %(zone)s) AS date, at, account, role, action, section, class_hour, student, detail, address, ok
FROM audit
WHERE date BETWEEN %(from_date)s AND %(to_date)s
    AND (%(account)s = '' OR account = %(account)s)
    AND (%(student)s = '' OR student = %(student)s)
ORDER BY at DESC, id
