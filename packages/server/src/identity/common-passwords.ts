/** Those of eight characters and more that are found most often in what was stolen elsewhere. In lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  00000000 01234567 0123456789 10203040 11223344 1122334455 112233445566 11111111 12121212 12341234 12344321 123123123
  12345678 123456789 1234567890 12345678910 123456789a 123456abc 1234qwer 123qweasd 123qwe123 147258369 159753456
  1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 21212121 22222222 31415926 55555555 66666666
  77777777 87654321 88888888 987654321 9876543210 99999999
  a1b2c3d4 a12345678 aa123456 aa12345678 abc12345 abc123456 abcd1234 abcdefgh abcd12345 access14 admin123 admin1234
  admin12345 administrator alexander asdf1234 asdfasdf asdfghjk asdfghjkl azertyuiop baseball basketball bismarck
  blink182 butterfly changeme changeme1 changeme123 charlie1 cheese123 chocolate christian computer corvette danielle
  default1 diamond1 dragon123 elephant einstein facebook fireball firebird football football1 freedom1 garfield guest123
  hello123 hellohello iloveyou iloveyou1 iloveyou2 internet jennifer jessica1 jonathan letmein1 letmein123 liverpool
  liverpool1 login123 lovelove manchester marlboro master123 maverick mercedes metallica michael1 michelle midnight
  monkey123 mustang1 mypassword newpassword nicholas omgpop12 p@ssw0rd p@ssword p@55w0rd pa55word pass1234 pass12345
  passport passw0rd passw0rd1 password password! password0 password01 password1 password1! password11 password12
  password123 password1234 password2 password123! pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsxedc qwer1234
  qwerasdf qwert123 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyqwerty rootroot sample123
  samantha secret123 serenity shadow123 slipknot spiderman startrek starwars starwars1 steelers sunshine sunshine1
  superman superman1 superuser swordfish temp1234 test1234 test12345 testtest toor1234 trustno1 trustno1! undertaker
  user1234 victoria welcome1 welcome12 welcome123 welcome1234 whatever william1 zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123
  zxcvzxcv
  `
    .trim()
    .split(/\s+/),
)
